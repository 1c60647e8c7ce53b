#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

#include <minnow/core/error.hpp>
#include <minnow/core/random.hpp>
#include <minnow/core/reduction.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

namespace detail {

/// The levels of an integer quantizer: the consecutive integers from low to high, including 0.
struct integer_levels {
  float low;
  float high;
};

/// Returns the level nearest to x, ties to even. Floats of 2^23 and above have no fraction bits, so adding such a
/// number and subtracting it again rounds to an integer.
inline float nearest_level(float x, integer_levels levels) noexcept {
  constexpr float no_digits = 0x1.8p23f;
  const float inside = x < levels.low ? levels.low : x > levels.high ? levels.high : x;
  return (inside + no_digits) - no_digits;
}

/// Returns <x,q> / <q,q> for the values x and their codes q at scale g; 0 if all codes are 0. The sums are kept in
/// several accumulators, in loops of constant length that compilers vectorize.
///
/// all  combines the sums of several processes
template <class All>
float projected_scale(std::span<const float> values, float g, integer_levels levels, All& all) {
  constexpr std::size_t width = 16;
  double xq[width] = {};
  double qq[width] = {};
  const auto add = [&](const float* from, auto count) {
    for (std::size_t i = 0; i < count; ++i) {
      const float q = nearest_level(from[i] / g, levels);
      xq[i] += static_cast<double>(from[i]) * static_cast<double>(q);
      qq[i] += static_cast<double>(q * q);
    }
  };
  std::size_t k = 0;
  for (; k + width <= values.size(); k += width) add(values.data() + k, std::integral_constant<std::size_t, width>{});
  add(values.data() + k, values.size() - k);
  double sums[] = {0, 0};
  for (std::size_t i = 0; i < width; ++i) {
    sums[0] += xq[i];
    sums[1] += qq[i];
  }
  all.sum(sums);
  return sums[1] > 0 ? static_cast<float>(sums[0] / sums[1]) : 0.0f;
}

/// Like `ppq`, but for any range of levels and for the values of several processes.
template <class All>
float project(std::span<const float> values, integer_levels levels, float start, int iterations, All& all) {
  const float own = largest_magnitude(values, levels.low < 0);
  const double found =
      all.largest(std::isnan(own) ? std::numeric_limits<double>::infinity() : static_cast<double>(own));
  const float largest = std::isinf(found) ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(found);
  if (!(largest > 0)) return largest;
  const float widest = (std::max)(largest / levels.high, (std::numeric_limits<float>::min)());
  float g = start > 0 ? start : widest;
  for (int i = 0; i < iterations; ++i) {
    const float best = projected_scale(values, g, levels, all);
    const float next = best == 0 ? widest : best;
    if (next == g || !(next > 0)) break;
    g = next;
  }
  return g;
}

inline float project(std::span<const float> values, integer_levels levels, float start, int iterations) noexcept {
  alone all;
  return project(values, levels, start, iterations, all);
}

/// Like `project`, but repeats until the scale no longer changes. This may take 50 iterations, so all iterations except
/// the last three use a random sample of 4,096 values.
template <class All>
float project_until_rest(std::span<const float> values, integer_levels levels, float start, All& all) {
  constexpr std::size_t size = 4096;
  constexpr int most_iterations = 60, last_iterations = 3;
  float sample[size];
  std::span<const float> some = values;
  if (values.size() > size) {
    const std::size_t part = values.size() / size;
    for (std::size_t i = 0; i < size; ++i) sample[i] = values[i * part + scramble(i) % part];
    some = sample;
  }
  const float settled = project(some, levels, start, most_iterations, all);
  return project(values, levels, settled > 0 ? settled : start, last_iterations, all);
}

}  // namespace detail

/// Progressive projection quantization (PPQ): finds the scale g for which g times integers of `bits` bits is nearest to
/// `values`. Repeats q = clamp(round(x / g)), g = <x,q> / <q,q> until g does not change, `iterations` times at most.
/// The squared error never grows.
///
/// start       the last scale (a warm start); a number <= 0 means max|x| / (2^(bits-1) - 1). The same value replaces a
///             scale that rounds all values to zero
/// bits        2 to 16
/// iterations  at least 0
/// throws      if a number is outside these ranges
/// returns     g > 0; 0 if all values are 0 or there are none; NaN if a value is NaN or infinite
/// source      Liu & Mattina 2019, Eq. 8-9 and Algorithm 2 (the clamp is not in the paper: without it the error can
///             grow; ties round to even)
[[nodiscard]] inline float ppq(std::span<const float> values, int bits, float start = 0, int iterations = 3) {
  if (bits < 2 || bits > 16 || iterations < 0)
    require(status::failure("ppq: expected 2 to 16 bits and at least 0 iterations, found %d and %d", bits, iterations));
  const float limit = static_cast<float>((1 << (bits - 1)) - 1);
  return detail::project(values, {-limit, limit}, start, iterations);
}

}  // namespace minnow
