#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// A fixed threshold D = Numerator / Denominator, strictly between 0 and 1.
template <int Numerator = 1, int Denominator = 2>
struct threshold {
  static_assert(0 < Numerator && Numerator < Denominator,
                "minnow: a ternary threshold lies strictly between the levels 0 and 1");
  static constexpr float value = static_cast<float>(Numerator) / static_cast<float>(Denominator);
};

/// The threshold D = Numerator / Denominator * mean|w| of ternary weight networks (Li & Liu 2016), measured on the
/// tensor.
template <int Numerator = 7, int Denominator = 10>
struct mean_threshold {
  static constexpr float factor = static_cast<float>(Numerator) / static_cast<float>(Denominator);
};

/// Ternary quantizer: 0 if |x| <= D, else the sign of x.
///
/// shape   element-wise
/// range   any x; values beyond ±1 map to the outermost level, NaN to 0
/// code    -1, 0 or +1, in two bits: one is set for non-zero codes, the other for positive codes
/// throws  never
/// source  Chen et al. 2020, Eq. 21
template <class Threshold = threshold<>>
struct ternary;

template <int Numerator, int Denominator>
struct ternary<threshold<Numerator, Denominator>> : quantizer_base {
  static constexpr text name() {
    if constexpr (2 * Numerator == Denominator) return "ternary";
    return text("ternary<") << Numerator << "/" << Denominator << ">";
  }
  static constexpr int bits = 2;
  static constexpr encoding storage = encoding::ternary;
  static constexpr int max_code = 1;
  static constexpr bool uniform_init = true;

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    using scalar::select;
    const Value threshold_value(threshold<Numerator, Denominator>::value);
    return select(x > threshold_value, Value(1), select(x < -threshold_value, Value(-1), Value(0)));
  }
  static constexpr float scale(const state&) noexcept { return 1; }
};

/// Like `ternary` with a fixed threshold, but with a threshold measured on the weights. It is refused for inputs,
/// because the threshold would then be different for each image.
template <int Numerator, int Denominator>
struct ternary<mean_threshold<Numerator, Denominator>> : quantizer_base {
  struct state {
    float threshold = 0;
  };
  static constexpr text name() { return text("ternary<") << Numerator << "/" << Denominator << " mean>"; }
  static constexpr int bits = 2;
  static constexpr encoding storage = encoding::ternary;
  static constexpr int max_code = 1;

  template <class Value>
  static constexpr Value code(Value x, const state& s) noexcept {
    using scalar::select;
    return select(x > Value(s.threshold), Value(1), select(x < Value(-s.threshold), Value(-1), Value(0)));
  }
  static constexpr float scale(const state&) noexcept { return 1; }
  static constexpr interval range(const state&) noexcept { return {-1, 1}; }
  static void limit(state& s) noexcept { s.threshold = (std::max)(s.threshold, 0.0f); }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float mean = detail::mean_magnitude(values);
    if (std::isnan(mean)) return false;
    if (!values.empty()) s.threshold = mean * mean_threshold<Numerator, Denominator>::factor;
    return true;
  }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }
};

}  // namespace minnow
