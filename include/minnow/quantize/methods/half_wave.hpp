#pragma once

#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// Half-wave Gaussian quantizer of inputs after a batch norm, without a relu. Maps x <= 0 to 0, and other x to the
/// nearest of the 2^Bits - 1 positive multiples of a step. The step minimizes the squared error for normally
/// distributed numbers.
///
/// code    an unsigned integer of Bits bits
/// range   [0, the largest level]: the backward pass of HWGQ is a clipped relu
/// source  Cai et al. 2017 (HWGQ-Net), Eq. 9 and 10, Table 1; tests/quantize/methods/half_wave_test.cpp verifies the
///         steps
template <int Bits>
struct half_wave : unsigned_codes<Bits> {
  using typename unsigned_codes<Bits>::state;
  static_assert(1 <= Bits && Bits <= 4, "minnow: half_wave has 1 to 4 bits");
  static constexpr text name() { return text("half_wave<") << Bits << ">"; }
  static constexpr float step = Bits == 1 ? 0.7979f : Bits == 2 ? 0.5388f : Bits == 3 ? 0.3217f : 0.1842f;
  static constexpr interval range(const state&) noexcept { return half_wave::range_of(step); }

  template <class Value>
  static Value code(Value x, const state&) noexcept {
    using scalar::select;
    return select(x > Value(0), detail::nearest_code<1, half_wave::max_code>(x / Value(step)), Value(0));
  }
  static constexpr float scale(const state&) noexcept { return step; }
};

}  // namespace minnow
