#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/train/network.hpp>
#include <minnow/train/network_base.hpp>
#include <minnow/train/weight_shapes.hpp>

namespace minnow {

/// Layers that `copy_weights` does not copy.
struct copy_options {
  /// Paths of layers that keep their values. A path includes all layers below it: {"7"} is layer 7, or all parts of
  /// chain 7.
  std::vector<std::string> except{};
};

namespace detail {

/// Returns true if a layer is at `path` or below it.
[[nodiscard]] constexpr bool is_part_of(std::string_view layer, std::string_view path) noexcept {
  return layer.starts_with(path) && (layer.size() == path.size() || layer[path.size()] == '.');
}
/// Sets `stale_statistics` of every batch norm to `part` (see train/layers/batch_norm.hpp).
void set_stale_statistics(network_base& net, float part);

/// All arrays except the quantizers' states, by path and name.
///
/// Value  float, or const float for arrays that are only read
template <class Value>
using weight_arrays = std::map<std::pair<std::string, std::string>, std::span<Value>>;

[[nodiscard]] weight_arrays<float> weight_arrays_of(network_base& net);
[[nodiscard]] weight_arrays<const float> weight_arrays_of(const network_base& net);

/// Copies `arrays`, which are the arrays of `from` or replacements for them, into a network of another model. Copies
/// either all arrays or none.
///
/// stale   true: marks batch norm's statistics as stale, because they do not fit the network with the new weights
void take_arrays(const char* caller, const network_base& from, std::span<const weight_shape> from_shapes,
                 weight_arrays<const float> arrays, network_base& to, std::span<const weight_shape> to_shapes,
                 const copy_options& options, bool stale);

/// The quantizer of a layer's weights or of a quantize layer, if it keeps its state when the weights are replaced; else
/// void.
template <class Layer>
struct kept_quantizer {
  using type = void;
};
template <class Layer>
  requires(product_layer<Layer> && keeps_state<typename Layer::weights>)
struct kept_quantizer<Layer> {
  using type = typename Layer::weights;
};
template <class Quantizer>
  requires(keeps_state<Quantizer>)
struct kept_quantizer<quantize<Quantizer>> {
  using type = Quantizer;
};

/// Copies the states of these layers. A layer has as many states in both networks.
void copy_states(const network_base& from, network_base& to, std::span<const std::string_view> layers,
                 const copy_options& options);

/// Copies the given states of quantizers that both models have at the same path.
template <class FromModel, class ToModel>
void copy_given_states(const network_base& from, network_base& to, const copy_options& options) {
  using from_graph = layer_graph<FromModel>;
  using to_graph = layer_graph<ToModel>;
  std::vector<std::string_view> layers;
  const auto see = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    using kept = typename kept_quantizer<typename to_graph::template layer<Index>>::type;
    constexpr std::size_t same = from_graph::find(to_graph::paths[Index].view());
    if constexpr (!std::is_void_v<kept> && same < from_graph::count)
      if constexpr (std::is_same_v<kept, typename kept_quantizer<typename from_graph::template layer<same>>::type>)
        layers.push_back(to_graph::paths[Index].view());
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (see(std::integral_constant<std::size_t, Index>{}), ...);
  }(std::make_index_sequence<to_graph::count>{});
  if (!layers.empty()) copy_states(from, to, layers, options);
}

template <class FromModel, class FW, class FI, class ToModel, class TW, class TI>
void take_arrays(const char* caller, const network<FromModel, FW, FI>& from, weight_arrays<const float> arrays,
                 network<ToModel, TW, TI>& to, const copy_options& options = {}) {
  constexpr bool quantize_alike = layer_graph<FromModel>::fingerprint == layer_graph<ToModel>::fingerprint;
  constexpr bool quantizes = network<FromModel, FW, FI>::quantizes || network<ToModel, TW, TI>::quantizes;
  take_arrays(caller, from, weight_shapes<FromModel>, std::move(arrays), to, weight_shapes<ToModel>, options,
              quantizes && (!quantize_alike || !options.except.empty()));
  copy_given_states<FromModel, ToModel>(from, to, options);
}

}  // namespace detail

/// Copies the weights of a network to a network whose model differs only in quantizers. Each layer is copied to the
/// layer of the same path: the latent weights of products (the floats that training updates), batch norm's gamma, beta,
/// mean and variance, biases, and arrays of user-defined layers. The normalization of images is copied too. This way a
/// network of 32-bit floats becomes the starting point of a network of few bits.
///
/// Layers that the options exclude may differ, or exist in only one of the networks. For transfer learning, exclude the
/// last layer:
///
///   copy_weights(digits, letters, {.except = {"7"}});
///
/// The input quantizers of `to` keep their states, and its weight quantizers compute their states from the new weights.
/// Given states (quantize/methods/given.hpp) are copied if both layers have the same quantizer.
/// If one of the networks quantizes, and the models differ or layers are excluded, batch norm's statistics do not fit
/// `to`: `pack` refuses them until `reestimate_batch_norm` or `fit` has collected new ones.
///
/// throws   a path or an array that only one network has; weights of another shape; an excluded path that no array
///          belongs to; `to` is then unchanged
template <class FromModel, class FW, class FI, class ToModel, class TW, class TI>
void copy_weights(const network<FromModel, FW, FI>& from, network<ToModel, TW, TI>& to,
                  const copy_options& options = {}) {
  detail::take_arrays("copy_weights", from, detail::weight_arrays_of(from), to, options);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/copy_weights.ipp>
#endif
