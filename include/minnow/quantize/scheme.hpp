#pragma once

#include <minnow/quantize/clipped.hpp>
#include <minnow/quantize/half.hpp>
#include <minnow/quantize/integer.hpp>
#include <minnow/quantize/pixels.hpp>
#include <minnow/quantize/power_of_two.hpp>
#include <minnow/quantize/real.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/ternary.hpp>
#include <minnow/quantize/uniform.hpp>
#include <minnow/quantize/with_freeze.hpp>

namespace minnow {

/// The quantizers of a layer's inputs and of its weights.
template <class Inputs, class Weights>
struct scheme {
  static_assert(!detail::quantizer_of_0_1<Inputs> && !detail::quantizer_of_0_1<Weights>,
                "minnow: the names of a quantizer's members have changed: code_limit is now max_code, bounded "
                "clips_weights, wide_start uniform_init, usable supports");
  static_assert(quantizer<Inputs> && quantizer<Weights>,
                "minnow: a scheme takes two quantizers: scheme<Inputs, Weights>");
  using inputs = Inputs;
  using weights = Weights;
};

namespace detail {

template <int Bits>
struct minw_quantizer {
  static_assert(Bits == 1, "minnow: minw takes 1, 2, 3, 8, 16 or 32 bits");
  using inputs = sign;
  using weights = sign;
};
template <>
struct minw_quantizer<2> {
  using inputs = ternary<>;
  using weights = ternary<>;
};
template <>
struct minw_quantizer<3> {
  using inputs = power_of_two<3>;
  using weights = power_of_two<3>;
};
template <>
struct minw_quantizer<8> {
  using inputs = uniform<8>;
  using weights = uniform<8>;
};
template <>
struct minw_quantizer<16> {
  using inputs = clipped<half>;
  using weights = half;
};
template <>
struct minw_quantizer<32> {
  using inputs = clipped<real>;
  using weights = real;
};

}  // namespace detail

/// The scheme of MINW-Net with inputs of InputBits bits and weights of WeightBits bits. The quantizers are `sign` for 1
/// bit, `ternary` for 2, power_of_two<3> for 3, uniform<8> for 8, `half` for 16 and `real` for 32. Inputs are always clipped to [-1, 1].
///
/// source  Chen et al. 2020, Table I; 8 bits: Table IV, which does not print the levels
template <int InputBits, int WeightBits>
using minw =
    scheme<typename detail::minw_quantizer<InputBits>::inputs, typename detail::minw_quantizer<WeightBits>::weights>;

}  // namespace minnow
