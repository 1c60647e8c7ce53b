#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// Trained ternary quantizer of weights: Wp if w > D, -Wn if w < -D, else 0, with D = 0.05 max|w| and learned scales Wp
/// and Wn. Both start at the mean of all |w| above D, and are reset to this mean if both have become 0.
///
/// code      a signed byte. The larger of Wp and Wn is 127 steps, and the other one is rounded to whole steps. A packed
///           network therefore needs only one scale, the step. A learned scale that falls below 0 becomes 0
/// gradient  of w: the estimator's slope times Wp, Wn or 1, depending on the level of w (Eq. 8); of Wp: the sum of the
///           gradients of the weights at level Wp; of Wn: minus the sum of the gradients of the weights at level -Wn
///           (Eq. 7)
/// source    Zhu et al. 2017 (trained ternary quantization)
struct trained_ternary : signed_codes<8> {
  struct state {
    float positive = 0;
    float negative = 0;
    float threshold = 0;
  };
  static constexpr text name() { return "trained_ternary"; }
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    using scalar::select;
    const float unit = scale(s);
    const float up = unit > 0 ? std::nearbyint(s.positive / unit) : 0;
    const float down = unit > 0 ? std::nearbyint(s.negative / unit) : 0;
    return select(x > Value(s.threshold), Value(up), select(x < Value(-s.threshold), Value(-down), Value(0)));
  }
  static float scale(const state& s) noexcept { return (std::max)(s.positive, s.negative) / max_code; }

  template <class Value>
  static Value slope(role, Value x, const state& s) noexcept {
    using scalar::select;
    return select(x > Value(s.threshold), Value(s.positive),
                  select(x < Value(-s.threshold), Value(s.negative), Value(1)));
  }
  template <class Value>
  static void learn(Value x, const state& s, Value g, Value (&gradients)[3]) noexcept {
    using scalar::select;
    gradients[0] += select(x > Value(s.threshold), g, Value(0));
    gradients[1] += select(x < Value(-s.threshold), Value(0) - g, Value(0));
  }

  static void limit(state& s) noexcept {
    for (float* value : {&s.positive, &s.negative, &s.threshold}) *value = (std::max)(*value, 0.0f);
  }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float largest = detail::largest_magnitude(values);
    if (std::isnan(largest)) return false;
    s.threshold = 0.05f * largest;
    limit(s);
    if (s.positive == 0 && s.negative == 0) s.positive = s.negative = detail::mean_above(values, s.threshold);
    return true;
  }
};

}  // namespace minnow
