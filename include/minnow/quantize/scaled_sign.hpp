#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <minnow/core/reduction.hpp>
#include <minnow/quantize/integer.hpp>

namespace minnow {

namespace detail {

inline double sum_of_magnitudes(std::span<const float> values) noexcept {
  double sum = 0;
  for (const float x : values) sum += std::abs(static_cast<double>(x));
  return sum;
}

/// The mean of |x|; NaN if a value is NaN or infinite.
inline float mean_magnitude(std::span<const float> values) noexcept {
  const double sum = sum_of_magnitudes(values);
  if (!std::isfinite(sum)) return std::numeric_limits<float>::quiet_NaN();
  return values.empty() ? 0.0f : static_cast<float>(sum / static_cast<double>(values.size()));
}

/// The mean of all |x| above a threshold; 0 if there are none.
inline float mean_above(std::span<const float> values, float threshold) noexcept {
  double sum = 0;
  std::size_t above = 0;
  for (const float x : values) {
    const float magnitude = std::abs(x);
    if (!(magnitude > threshold)) continue;
    sum += static_cast<double>(magnitude);
    ++above;
  }
  return above > 0 ? static_cast<float>(sum / static_cast<double>(above)) : 0.0f;
}

}  // namespace detail

/// Scaled binary quantizer: mean|x| · sign(x). The mean of weights is taken over each filter (as in binary-weight
/// networks), or over all weights with `per_tensor`. The mean of inputs is taken over the whole tensor, as a moving
/// average with smoothing 0.99.
///
/// code      -1, +1, in one bit; 0 becomes -1
/// gradient  of weights: (1/n + mean|w|) times the estimator's slope, n being the number of weights that share a scale
///           (the paper's Eq. 12)
/// source    Rastegari et al. 2016 (XNOR-Net), 3.1 and 3.2. In the paper, inputs have a scale for each window. Here the
///           whole tensor has one scale, because only then are the packed network's thresholds integers
template <class Granularity = per_channel>
struct scaled_sign : stateless {
  struct state {
    float mean = 0;
    float part = 0;  ///< 1 / n
  };
  static constexpr text name() { return per_channel ? text("scaled_sign<per_channel>") : text("scaled_sign"); }
  static constexpr int bits = 1;
  static constexpr encoding storage = encoding::bit;
  static constexpr int code_limit = 1;
  static constexpr bool per_channel = std::is_same_v<Granularity, minnow::per_channel>;
  static constexpr interval range(const state&) noexcept { return {-1, 1}; }
  static constexpr bool usable(role r) noexcept { return r == role::weights || !per_channel; }

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    using scalar::select;
    return select(x > Value(0), Value(1), Value(-1));
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
