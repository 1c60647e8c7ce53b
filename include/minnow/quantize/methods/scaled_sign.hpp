#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <minnow/core/reduction.hpp>
#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// Scaled binary quantizer: mean|x| · sign(x). The mean of weights is taken over each filter (as in binary-weight
/// networks), or over all weights with `per_tensor`. The mean of inputs is taken over the whole tensor, as a moving
/// average with smoothing 0.99.
///
/// code      -1, +1, in one bit; 0 becomes -1
/// gradient  of weights: (1/n + mean|w|) times the estimator's slope, n being the number of weights that share a scale
///           (the paper's Eq. 12)
/// source    Rastegari et al. 2016 (XNOR-Net), 3.1 and 3.2. In the paper, inputs have a scale for each window. Here the
///           whole tensor has one scale, because the thresholds of the packed network could not be integers otherwise
template <class Granularity = per_channel>
struct scaled_sign : detail::with_granularity<binary_codes, Granularity> {
  struct state {
    float mean = 0;
    float part = 0;  ///< 1 / n
  };
  static constexpr text name() {
    return scaled_sign::per_channel ? text("scaled_sign<per_channel>") : text("scaled_sign");
  }
  static constexpr interval range(const state&) noexcept { return {-1, 1}; }

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    return sign::code(x, {});
  }
  static constexpr float scale(const state& s) noexcept { return s.mean; }
  template <class Value>
  static constexpr Value slope(role r, Value, const state& s) noexcept {
    return Value(r == role::weights ? s.part + s.mean : 1.0f);
  }
  static void limit(state& s) noexcept {
    s.mean = (std::max)(s.mean, 0.0f);
    s.part = (std::max)(s.part, 0.0f);
  }
  static bool observe(state& s, std::span<const float> values, role r) noexcept {
    detail::alone all;
    return observe(s, values, r, all);
  }
  /// Overload for the values of several processes.
  template <class All>
  static bool observe(state& s, std::span<const float> values, role r, All& all) {
    double sums[] = {detail::sum_of_magnitudes(values), static_cast<double>(values.size())};
    all.sum(sums);
    if (!std::isfinite(sums[0])) return false;
    const float mean = sums[1] > 0 ? static_cast<float>(sums[0] / sums[1]) : 0.0f;
    s.part = sums[1] > 0 ? 1 / static_cast<float>(sums[1]) : 0.0f;
    s.mean = r == role::weights || s.mean <= 0 ? mean : 0.99f * s.mean + 0.01f * mean;
    return true;
  }
};

}  // namespace minnow
