#pragma once

#include <minnow/estimate/concept.hpp>

namespace minnow {

/// Incremental quantization of weights, as in INQ. Alpha is the fraction of each layer's weights that are frozen at
/// their quantized values; the other weights are trained as floats. Before a training step, a layer whose fraction is
/// below alpha quantizes and freezes the weights that have the largest magnitudes among the others (of two equal
/// magnitudes, the first). Updates of the optimizer, its momentum and its weight decay do not move a frozen weight, and
/// frozen weights stay frozen if alpha falls. Schedules: `staircase`; `constant{0}` trains a network of floats.
///
/// A weight is frozen if its layer has frozen weights and the weight is equal to its quantized value, so files and
/// checkpoints need no list of frozen weights. A float weight that an update moves exactly onto a level is therefore
/// frozen early, and counts toward the fraction. `copy_weights` and `load_weights` thaw all weights of the network that
/// they write to; `set_weights` keeps the levels of the layer.
///
/// Quantizers of weights need the members `freeze` and `is_frozen` (`inq`, `with_freeze<Q>`). Inputs are floats while
/// alpha is below 1; use another estimator for quantized inputs: network<Model, incremental, ste>.
///
/// source  Zhou et al. 2017 (INQ), Algorithm 1, with the partition by magnitude ("pruning-inspired"). The random
///         partition, and a learning rate that starts again in each part, are not part of it
struct incremental : estimator_base {
  static constexpr text name() { return "incremental"; }
  static constexpr float quantized_fraction(float alpha) noexcept { return alpha < 1 ? 0.0f : 1.0f; }
  static constexpr float frozen_fraction(float alpha) noexcept { return alpha; }

  template <class Value, class Mask>
  static constexpr Value slope(role, float, Value, Mask) noexcept {
    return Value(1);
  }
};

}  // namespace minnow
