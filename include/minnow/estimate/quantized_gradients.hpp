#pragma once

#include <minnow/estimate/concept.hpp>

namespace minnow {

/// DoReFa-Net's quantized gradients, on top of any estimator of weights. The gradient that arrives at a product with
/// quantized weights is rounded stochastically to Bits bits, and both products of the backward pass use the rounded
/// gradient. Let m be the largest |g| of an image and L = 2^Bits - 1. Then g / (2 m) + 1/2 in [0, 1] is rounded up or
/// down to a multiple of 1 / L, with the probabilities that give its value, so the expectation of the rounded gradient
/// is g. All rounded gradients of an image are odd multiples of m / L from -m to m. An image whose gradients are all 0
/// keeps them.
///
/// The estimator of the network's weights rounds gradients: network<Model, quantized_gradients<ste, 6>, ste>. Products
/// with weights of `half` and `real` get unrounded gradients; the paper keeps its first and last layer so. If a gradient
/// of an image is NaN or infinite, the gradients of this image are not rounded, and training reports the NaN or infinity.
///
/// source  Zhou et al. 2016 (DoReFa-Net), Eq. 12 and Algorithm 1. The integer products of low-bit gradients are not part
///         of it: rounded gradients are floats
template <class Estimator, int Bits>
struct quantized_gradients : Estimator {
  static_assert(1 <= Bits && Bits <= 8, "minnow: quantized_gradients has 1 to 8 bits");
  static constexpr text name() { return text("quantized_gradients<") << Estimator::name() << "," << Bits << ">"; }

  /// A rounded sum can reach L + 1, because floats near L have few fraction bits. So the level is limited to L.
  template <class Value>
  static Value round_gradient(Value g, Value largest, Value u) noexcept {
    using scalar::floor;
    using scalar::min;
    constexpr float steps = (1 << Bits) - 1;
    const Value place = (g / largest + Value(1)) * Value(steps / 2);
    const Value level = min<>(floor(place + u), Value(steps));
    return (Value(2) * level - Value(steps)) / Value(steps) * largest;
  }
};

}  // namespace minnow
