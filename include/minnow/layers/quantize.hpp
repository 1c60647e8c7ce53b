#pragma once

#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// Quantizes the inputs of the product that follows and clips them to the quantizer's range. During training, blends
/// quantized with clipped values; the estimator defines the fraction of each.
///
/// in (H,W,C) -> out (H,W,C)
template <class Quantizer>
struct quantize : same_shape {
  static_assert(quantizer<Quantizer>, "minnow: quantize takes a quantizer");
  using inputs = Quantizer;
  static constexpr text name() { return text("quantize<") << Quantizer::name() << ">"; }
  static constexpr fault check(shape) {
    return Quantizer::supports(role::inputs) ? fault::none : fault::input_quantizer;
  }
};

}  // namespace minnow
