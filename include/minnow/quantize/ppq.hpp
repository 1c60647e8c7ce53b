#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include <minnow/core/error.hpp>
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

/// Result of one projection of values x at a scale g, with the codes q that x has at g.
struct projection {
  float scale;   ///< <x,q> / <q,q>; 0 if all codes are 0
  double error;  ///< the squared error |x - g q|^2, less |x|^2
};

/// Projects values once. The sums are kept in several accumulators, in loops of constant length that compilers vectorize.
///
/// all  combines the sums of several processes
template <class All>
projection project_once(std::span<const float> values, float g, integer_levels levels, All& all) {
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
  const auto scale = static_cast<double>(g);
  return {sums[1] > 0 ? static_cast<float>(sums[0] / sums[1]) : 0.0f, scale * (scale * sums[1] - 2 * sums[0])};
}

/// Returns the scale at which the largest value has the outermost code: 0 if no value has a sign that a level has, NaN
/// if a value is NaN or infinite.
template <class All>
float widest_scale(std::span<const float> values, integer_levels levels, All& all) {
  const float own = largest_magnitude(values, levels.low < 0);
  const double found =
      all.largest(std::isnan(own) ? std::numeric_limits<double>::infinity() : static_cast<double>(own));
  const float largest = std::isinf(found) ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(found);
  if (!(largest > 0)) return largest;
  return (std::max)(largest / levels.high, (std::numeric_limits<float>::min)());
}

/// `ppq` for any levels.
template <class All>
float project(std::span<const float> values, integer_levels levels, float start, int iterations, All& all) {
  const float widest = widest_scale(values, levels, all);
  if (!(widest > 0)) return widest;
  float g = start > 0 ? start : widest;
  for (int i = 0; i < iterations; ++i) {
    const float best = project_once(values, g, levels, all).scale;
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

/// Rounds a positive scale to 11 significant bits. The extrapolation amplifies the rounding of sums, which depends on the
/// number of processes; a rounded scale does not depend on it.
inline float rounded_scale(float g) noexcept {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(g) + 0x1000u) & ~std::uint32_t{0x1fff});
}

/// Like `project`, but repeats until a projection would change the scale by at most 1/1000; at most 20 times. Plain
/// repetition may need 50 projections. After every second one, Steffensen's method extrapolates to the scale at which
/// the sequence would rest; the scale is used if its error is not larger. Near the end two or three projections are
/// enough.
template <class All>
float project_until_rest(std::span<const float> values, integer_levels levels, float start, All& all) {
  constexpr int most_projections = 20;
  const float widest = widest_scale(values, levels, all);
  if (!(widest > 0)) return widest;
  const auto project_at = [&](float g) {
    projection p = project_once(values, g, levels, all);
    if (!(p.scale > 0)) p.scale = widest;
    return p;
  };
  const auto rests = [](float g, const projection& p) { return (std::abs)(p.scale - g) <= 1e-3f * g; };
  float g = start > 0 ? start : widest;
  projection p = project_at(g);
  for (int used = 1; used + 2 <= most_projections && !rests(g, p); used += 2) {
    const float next = p.scale;
    const projection q = project_at(next);
    if (rests(next, q)) return next;
    float leap = g - (next - g) * (next - g) / (q.scale - 2 * next + g);
    if (!(leap >= next / 2 && leap <= 2 * next)) leap = q.scale;  // also if the divisor is 0
    leap = rounded_scale(leap);
    const projection r = project_at(leap);
    const bool is_better = r.error <= q.error;
    g = is_better ? leap : next;
    p = is_better ? r : q;
  }
  return rests(g, p) ? g : p.scale;
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
