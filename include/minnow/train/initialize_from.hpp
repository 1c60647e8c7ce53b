#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/train/copy_weights.hpp>
#include <minnow/train/fold_batch_norm.hpp>
#include <minnow/train/network.hpp>
#include <minnow/train/weight_shapes.hpp>

namespace minnow {

namespace detail {

/// Replaces the weights of layer Index of `To` by logits, if the layer's weights are random variables.
template <class To, std::size_t Index>
void weights_to_logits(changed_arrays& changed) {
  using target = layer_graph<typename To::model>;
  if constexpr (product_layer<typename target::template layer<Index>>) {
    using quantizer_of_weights = typename target::template layer<Index>::weights;
    if constexpr (reparameterizes<typename To::weight_estimator> && has_weight_distribution<quantizer_of_weights>) {
      const std::string path(target::paths[Index].view());
      const auto found = changed.arrays.find({path, "weights"});
      if (found == changed.arrays.end()) return;
      const std::span<const float> weights = found->second;
      for (const float w : weights)
        if (!std::isfinite(w))
          require(status::failure("initialize_from: layer %s: expected finite weights, found %f", path.c_str(),
                                  static_cast<double>(w)));
      auto logits = To::template layer_type<Index>::initial_logits(weights);
      for (std::size_t i = 0; i < logits.size(); ++i)
        changed.put(path, std::string(weight_distribution<quantizer_of_weights>::names[i]), std::move(logits[i]));
      changed.remove(path, "weights");
    }
  }
}

}  // namespace detail

/// Copies a pretrained network like `copy_weights`, but to a network whose weights are random variables
/// (estimate/local_reparameterization.hpp). The probabilities of a weight follow from the pretrained weight w, divided
/// by the standard deviation of its layer's weights: P(0) = 0.95 - 0.9 |w| and P(+1 | not 0) = (1 + w / (1 - P(0))) / 2
/// for ternary weights, P(+1) = (1 + w) / 2 for binary weights, each limited to [0.05, 0.95]. Weights of `to` that are
/// not random are copied.
///
/// The statistics of batch norm count as stale, as after `copy_weights` to a model with other quantizers.
///
/// throws   as copy_weights; a weight that is not finite; `to` is then unchanged
/// source   Shayer et al. 2018 (LR-Net), initialization of ternary and binary networks
template <class FromModel, class FW, class FI, class ToModel, class TW, class TI>
void initialize_from(const network<FromModel, FW, FI>& from, network<ToModel, TW, TI>& to,
                     const copy_options& options = {}) {
  detail::changed_arrays changed{detail::weight_arrays_of(from), {}};
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (detail::weights_to_logits<network<ToModel, TW, TI>, Index>(changed), ...);
  }(std::make_index_sequence<layer_graph<ToModel>::count>{});
  detail::take_arrays("initialize_from", from, weight_shapes<FromModel>, std::move(changed.arrays), to,
                      weight_shapes<ToModel>, options, true);
}

}  // namespace minnow
