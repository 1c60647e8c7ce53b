#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

namespace detail {

/// Returns the power of two that is nearest to x > 0, the larger one of two: 2^n with n = floor(log2(4 x / 3)). It is
/// limited to powers whose 64th part, halved, is a normal number.
inline float nearest_power_of_two(float x) noexcept {
  int exponent = 0;
  const float fraction = std::frexp(x, &exponent);  // x = fraction · 2^exponent, fraction in [1/2, 1)
  return std::ldexp(1.0f, (std::clamp)(fraction < 0.75f ? exponent - 1 : exponent, -119, 127));
}

}  // namespace detail

/// Quantizer of weights of incremental network quantization (INQ): 0 and plus or minus the powers of two from 2^n2 to
/// 2^n1, with n1 = floor(log2(4 max|w| / 3)) and n2 = n1 + 1 - 2^(Bits-1) / 2. The maximum is over the layer. A weight
/// gets the level b if (a + b) / 2 <= |w| < 3 b / 2, where a is the next lower level. With the estimator `incremental`
/// and the schedule `staircase`, a network is trained as in the paper.
///
/// code    bit planes: of `ternary` with 2 bits, of `power_of_two<3>` with 3 bits, of `power_of_two<4>` with 4 and 5
///         bits. The paper's 5 bits have the 8 magnitudes 1 … 128, and neither the planes nor a signed byte hold 128.
///         inq<5> therefore has 7 magnitudes, without the smallest: n2 = n1 - 6. Its codes take 4 bits
/// frozen  while a weight is frozen (`incremental`), the levels do not change
/// throws  never; weights with a NaN or an infinity are refused
/// source  Zhou et al. 2017 (INQ), Eq. 1 to 4
template <int Bits>
struct inq : quantizer_base {
  static_assert(2 <= Bits && Bits <= 5, "minnow: inq has 2 to 5 bits");
  struct state {
    float largest = 0;  ///< 2^n1; 0 if all weights are 0
    float frozen = 0;   ///< 1: the levels do not change any more
  };
  static constexpr text name() { return text("inq<") << Bits << ">"; }
  static constexpr int bits = Bits < 4 ? Bits : 4;
  static constexpr encoding storage = Bits == 2 ? encoding::ternary : encoding::power_of_two;
  static constexpr int magnitudes = Bits == 5 ? 7 : 1 << (Bits - 2);
  static constexpr int levels = 2 * magnitudes + 1;
  static constexpr int max_code = Bits == 2 ? 1 : 1 << ((1 << (bits - 1)) - 2);
  static constexpr bool clips_weights = false;
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  template <class Value>
  static constexpr Value code(Value x, const state& s) noexcept {
    using scalar::abs;
    using scalar::select;
    if (!(s.largest > 0)) return Value(0);
    const Value magnitude = abs<>(x);
    Value result(0);
    for (int p = magnitudes - 1; p >= 0; --p) {
      const float level = s.largest / static_cast<float>(1 << p);
      const float threshold = p == magnitudes - 1 ? level / 2 : 0.75f * level;
      result = select(magnitude >= Value(threshold), Value(static_cast<float>(max_code >> p)), result);
    }
    return select(x < Value(0), -result, result);
  }
  static constexpr float scale(const state& s) noexcept { return s.largest / max_code; }

  static void limit(state& s) noexcept {
    if (s.largest <= 0) s.largest = 0;
    else if (s.largest < 0x1p-119f) s.largest = 0x1p-119f;
    if (s.frozen < 0.5f) s.frozen = 0;
    else if (s.frozen < std::numeric_limits<float>::infinity()) s.frozen = 1;
  }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float found = detail::largest_magnitude(values);
    if (std::isnan(found)) return false;
    if (!is_frozen(s)) s.largest = found > 0 ? detail::nearest_power_of_two(found) : 0.0f;
    return true;
  }

  static void freeze(state& s) noexcept { s.frozen = 1; }
  static constexpr bool is_frozen(const state& s) noexcept { return s.frozen != 0; }
};

}  // namespace minnow
