#pragma once

#include <array>

#include <minnow/core/index.hpp>
#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// The q default thresholds D_1 > … > D_q of `power_of_two`: midway between neighboring levels. To use other
/// thresholds, write a type with the members `value<q>` and `name()`, like this one.
struct midpoints {
  static constexpr text name() { return ""; }
  template <int Count>
  static constexpr std::array<float, index(Count)> value = [] {
    std::array<float, index(Count)> d{};
    float level = 1;
    for (int p = 1; p < Count; ++p, level /= 2) d[index(p - 1)] = 0.75f * level;
    d[Count - 1] = level / 2;
    return d;
  }();
};

/// Power-of-two quantizer: 0 and ±2^-p for p = 0 … q-1, with q = 2^(Bits-1) - 1.
///
/// shape   element-wise
/// range   any x; values beyond ±1 map to the outermost level, NaN to 0
/// rule    |x| <= D_q: 0; D_{p+1} < |x| <= D_p: 2^-p; |x| > D_1: 1
/// code    value * 2^(q-1): 0, ±1, ±2, ±4, …
/// throws  never
/// source  Chen et al. 2020, Eq. 22
template <int Bits, class Thresholds = midpoints>
struct power_of_two : quantizer_base {
  static_assert(2 <= Bits && Bits <= 4, "minnow: power_of_two has 2 to 4 bits");
  static constexpr int magnitudes = (1 << (Bits - 1)) - 1;
  static constexpr std::array<float, index(magnitudes)> thresholds = Thresholds::template value<magnitudes>;
  static_assert(
      [] {
        float level = 1;
        for (int p = 1; p <= magnitudes; ++p, level /= 2) {
          const float below = p == magnitudes ? 0.0f : level / 2;
          if (!(below < thresholds[index(p - 1)] && thresholds[index(p - 1)] < level)) return false;
        }
        return true;
      }(),
      "minnow: every level of power_of_two lies strictly inside its own cell: 2^-p < D_p < 2^-(p-1), 0 < D_q");

  static constexpr text name() {
    text result = text("power_of_two<") << Bits;
    if (!Thresholds::name().view().empty()) result << "," << Thresholds::name();
    return result << ">";
  }
  static constexpr int bits = Bits;
  static constexpr encoding storage = encoding::power_of_two;
  static constexpr int max_code = 1 << (magnitudes - 1);
  static constexpr bool uniform_init = true;

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    using scalar::abs;
    using scalar::select;
    const Value magnitude = abs<>(x);
    Value result(0);
    float level = 1;
    for (int p = magnitudes; p >= 1; --p, level *= 2)
      result = select(magnitude > Value(thresholds[index(p - 1)]), Value(level), result);
    return select(x < Value(0), -result, result);
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / static_cast<float>(max_code); }
};

}  // namespace minnow
