#pragma once

#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// Quantizes what flows through it: the inputs of the product that follows. Clips to the quantizer's range, blends as the
/// estimator says while training.
///
/// in (H,W,C) -> out (H,W,C)
template <class Quantizer>
struct quantize : same_shape {
  static_assert(quantizer<Quantizer>, "minnow: quantize takes a quantizer");
  using inputs = Quantizer;
  static constexpr text name() { return text("quantize<") << Quantizer::name() << ">"; }
  static constexpr fault check(shape) { return Quantizer::usable(role::inputs) ? fault::none : fault::input_quantizer; }
};

}  // namespace minnow
