#pragma once

#include <cstddef>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/train/copy_weights.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layers/batch_norm.hpp>
#include <minnow/train/layers/bias.hpp>

namespace minnow {

namespace detail {

/// A network's arrays, some of which are replaced.
struct changed_arrays {
  weight_arrays<const float> arrays;
  std::list<std::vector<float>> made;

  void put(std::string path, std::string name, std::vector<float> values);
  void remove(const std::string& path, const char* name);
  /// Multiplies the scale of a batch norm into a product's weights, and replaces the batch norm's arrays by a bias.
  ///
  /// norm       path of the batch norm
  /// evaluated  the batch norm's affine function of each channel
  /// product    path of the product
  void fold(std::string_view norm, std::span<const affine> evaluated, std::string_view product,
            const float_array<4>& weights);
};

/// Folds a batch norm into the product before it, if layer Index of the target is the bias that replaces the batch
/// norm. Writes the changed arrays to `result`.
template <class ToModel, std::size_t Index, class FromModel, class Weights, class In>
void fold_into_product(const network<FromModel, Weights, In>& from, changed_arrays& result) {
  using folded = layer_graph<FromModel>;
  using target = layer_graph<ToModel>;
  constexpr std::size_t norm = folded::find(target::paths[Index].view());
  if constexpr (norm < folded::count && std::is_same_v<typename target::template layer<Index>, bias>) {
    if constexpr (std::is_same_v<typename folded::template layer<norm>, batch_norm>) {
      constexpr std::size_t product = folded::template from<norm>;
      constexpr bool after_product =
          product != image_input &&
          product_layer<typename folded::template layer<product == image_input ? 0 : product>>;
      static_assert(after_product, "minnow: a batch norm folds into the product right before it");
      static_assert(folded::readers(product) == 1,
                    "minnow: a batch norm does not fold into a product that others read too");
      const auto& statistics = from.template layer_at<norm>();
      const auto& weights = from.template layer_at<product>().weights();
      std::vector<affine> evaluated;
      for (std::size_t f = 0; f < weights.shape(0); ++f) evaluated.push_back(statistics.evaluated(static_cast<int>(f)));
      result.fold(folded::paths[norm].view(), evaluated, folded::paths[product].view(), weights);
    }
  }
}

}  // namespace detail

/// Copies weights like copy_weights, but into a network that has a bias where `from` has a batch norm directly after a
/// product. The scale of the batch norm is multiplied into the product's weights, and its shift becomes the bias.
/// Intended for post-training quantization: a network that is trained further should keep its batch norms, because the
/// statistics of folded batch norms are no longer updated.
///
/// throws   as copy_weights; a batch norm for which `to` has neither a batch norm nor a bias counts as an array that
///          only one network has
/// source   Jacob et al. 2018, 3.2
template <class FromModel, class FW, class FI, class ToModel, class TW, class TI>
void fold_batch_norm(const network<FromModel, FW, FI>& from, network<ToModel, TW, TI>& to) {
  detail::changed_arrays changed{detail::weight_arrays_of(from), {}};
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (detail::fold_into_product<ToModel, Index>(from, changed), ...);
  }(std::make_index_sequence<layer_graph<ToModel>::count>{});
  detail::take_arrays("fold_batch_norm", from, changed.arrays, to);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/fold_batch_norm.ipp>
#endif
