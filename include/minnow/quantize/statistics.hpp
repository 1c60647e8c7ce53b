#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

/// Statistics that quantizers measure on weights and inputs.
namespace minnow::detail {

/// The largest |x|, or the largest positive x if `negative` is false. NaN if a value is NaN or infinite.
inline float largest_magnitude(std::span<const float> values, bool negative = true) noexcept {
  float largest = 0;
  bool finite = true;
  for (const float x : values) {
    const float magnitude = (std::abs)(x);
    finite = finite & (magnitude <= (std::numeric_limits<float>::max)());
    const float counted = negative ? magnitude : x;
    largest = counted > largest ? counted : largest;
  }
  return finite ? largest : std::numeric_limits<float>::quiet_NaN();
}

/// The smallest interval that contains 0 and all values; both ends are NaN if a value is NaN or infinite.
struct value_range {
  float low = 0;
  float high = 0;
};
inline value_range range_with_zero(std::span<const float> values) noexcept {
  value_range r;
  bool finite = true;
  for (const float x : values) {
    finite = finite & ((std::abs)(x) <= (std::numeric_limits<float>::max)());
    r.low = x < r.low ? x : r.low;
    r.high = x > r.high ? x : r.high;
  }
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  return finite ? r : value_range{nan, nan};
}

inline double sum_of_magnitudes(std::span<const float> values) noexcept {
  double sum = 0;
  for (const float x : values) sum += (std::abs)(static_cast<double>(x));
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
    const float magnitude = (std::abs)(x);
    if (!(magnitude > threshold)) continue;
    sum += static_cast<double>(magnitude);
    ++above;
  }
  return above > 0 ? static_cast<float>(sum / static_cast<double>(above)) : 0.0f;
}

}  // namespace minnow::detail
