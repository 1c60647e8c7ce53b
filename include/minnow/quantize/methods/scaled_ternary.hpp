#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// Scaled ternary quantizer of weights: 0 if |w| <= D = 0.7 mean|w|, else sign(w) times the mean of all |w| above D.
///
/// code    -1, 0 or +1, in two bits: one is set for non-zero codes, the other for positive codes
/// source  Li & Liu 2016 (ternary weight networks), Eq. 5 and 6: one threshold and one scale for the layer
template <class Granularity = per_tensor>
struct scaled_ternary : detail::with_granularity<quantizer_base, Granularity> {
  struct state {
    float threshold = 0;
    float scale = 0;
  };
  static constexpr text name() {
    return scaled_ternary::per_channel ? text("scaled_ternary<per_channel>") : text("scaled_ternary");
  }
  static constexpr int bits = 2;
  static constexpr encoding storage = encoding::ternary;
  static constexpr int max_code = 1;
  static constexpr interval range(const state&) noexcept { return {-1, 1}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  template <class Value>
  static constexpr Value code(Value x, const state& s) noexcept {
    using scalar::select;
    return select(x > Value(s.threshold), Value(1), select(x < Value(-s.threshold), Value(-1), Value(0)));
  }
  static constexpr float scale(const state& s) noexcept { return s.scale; }

  static void limit(state& s) noexcept {
    s.threshold = (std::max)(s.threshold, 0.0f);
    s.scale = (std::max)(s.scale, 0.0f);
  }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float mean = detail::mean_magnitude(values);
    if (std::isnan(mean)) return false;
    s.threshold = 0.7f * mean;
    s.scale = detail::mean_above(values, s.threshold);
    return true;
  }
};

}  // namespace minnow
