#pragma once

#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// Uniform quantizer with fixed levels: k / (2^(Bits-1)-1) for the integers k from -(2^(Bits-1)-1) to 2^(Bits-1)-1, so
/// the outermost levels are -1 and 1.
///
/// shape   element-wise
/// range   any x; values beyond ±1 map to the outermost level, NaN to the lowest
/// rule    the nearest level, ties to the even k
/// code    k
/// throws  never
/// source  8-bit inputs of MINW-Net, Chen et al. 2020, Table IV, which does not print the levels
template <int Bits>
struct uniform : signed_codes<Bits> {
  using typename signed_codes<Bits>::state;
  static constexpr text name() { return text("uniform<") << Bits << ">"; }
  static constexpr bool clips_weights = true;
  static constexpr bool uniform_init = true;
  static constexpr interval range(const state&) noexcept { return {-1, 1}; }

  template <class Value>
  static Value code(Value x, const state&) noexcept {
    return detail::nearest_code<uniform::min_code, uniform::max_code>(x * Value(uniform::max_code));
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / uniform::max_code; }
};

}  // namespace minnow
