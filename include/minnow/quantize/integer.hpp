#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

#include <minnow/core/error.hpp>
#include <minnow/core/reduction.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// One scale for a whole tensor.
struct per_tensor {};
/// One scale for each filter. For weights only: a scale for each input channel does not factor out of the product.
struct per_channel {};

namespace detail {

/// The levels of an integer quantizer: the consecutive integers from low to high, 0 among them.
struct integer_levels {
  float low;
  float high;
};

/// The largest magnitude of the values, or their largest positive value if there are no negative levels. NaN if a value
/// is NaN or infinite.
inline float largest_magnitude(std::span<const float> values, integer_levels levels) noexcept {
  float largest = 0;
  bool finite = true;
  for (const float x : values) {
    const float magnitude = (std::abs)(x);
    finite = finite & (magnitude <= (std::numeric_limits<float>::max)());
    const float counted = levels.low < 0 ? magnitude : x;
    largest = counted > largest ? counted : largest;
  }
  return finite ? largest : std::numeric_limits<float>::quiet_NaN();
}

/// The nearest level, ties to even. Floats from 2^23 have no fraction bits, so adding and subtracting such a number
/// rounds.
inline float nearest_level(float x, integer_levels levels) noexcept {
  constexpr float no_digits = 0x1.8p23f;
  const float inside = x < levels.low ? levels.low : x > levels.high ? levels.high : x;
  return (inside + no_digits) - no_digits;
}

/// <x,q> / <q,q> of the values x and their codes q at scale g; 0 if all codes are 0. The sums are kept in several
/// accumulators, in loops of constant length that compilers vectorize.
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

/// `ppq` for any levels.
template <class All>
float project(std::span<const float> values, integer_levels levels, float start, int iterations, All& all) {
  const float own = largest_magnitude(values, levels);
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

/// Rounds `place` = x / scale to the nearest integer in Lowest … Highest. The order of the comparisons maps NaN to
/// Lowest.
template <int Lowest, int Highest, class Value>
[[nodiscard]] Value nearest_code(Value place) noexcept {
  using scalar::nearbyint;
  using scalar::select;
  const Value level = nearbyint(place);
  return select(level > Value(Lowest), select(level < Value(Highest), level, Value(Highest)), Value(Lowest));
}

/// Base of quantizers that only round x / g: g times the integers Lowest … Highest, with g found by projection.
template <int Lowest, int Highest>
struct scaled_integers : stateless {
  struct state {
    float g = 0;
  };
  static constexpr float smoothing = 0.99f;
  static constexpr int lowest = Lowest;
  static constexpr int code_limit = Highest;
  static constexpr bool bounded = false;

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return s.g > 0 ? nearest_code<Lowest, Highest>(x / Value(s.g)) : Value(0);
  }
  static constexpr float scale(const state& s) noexcept { return s.g; }
  static constexpr interval range(const state& s) noexcept { return {s.g * Lowest, s.g * Highest}; }

  static void limit(state& s) noexcept { s.g = (std::max)(s.g, 0.0f); }
  static bool observe(state& s, std::span<const float> values, role r) noexcept {
    alone all;
    return observe(s, values, r, all);
  }
  /// Overload for the values of several processes.
  template <class All>
  static bool observe(state& s, std::span<const float> values, role r, All& all) {
    const float g = project(values, {Lowest, Highest}, s.g, 3, all);
    if (std::isnan(g)) return false;
    s.g = r == role::weights || s.g <= 0 ? g : smoothing * s.g + (1 - smoothing) * g;
    return true;
  }
};

}  // namespace detail

/// Progressive projection quantization (PPQ): finds the scale g for which g times integers of `bits` bits is nearest to
/// `values`. Repeats q = clamp(round(x / g)), g = <x,q> / <q,q> until g does not change, `iterations` times at most.
/// The squared error never grows.
///
/// start       the last scale (a warm start); a number <= 0 means max|x| / (2^(bits-1) - 1). A scale that rounds all
///             values to zero is replaced by this value, too
/// bits        2 to 16
/// iterations  at least 0
/// throws      if a number is outside these ranges
/// returns     g > 0; 0 if all values are 0 or there are none; NaN if a value is NaN or infinite
/// source      Liu & Mattina 2019, Eq. 8-9 and Algorithm 2 (ties to even; the clamp is ours: without it the error can
///             grow)
[[nodiscard]] inline float ppq(std::span<const float> values, int bits, float start = 0, int iterations = 3) {
  if (bits < 2 || bits > 16 || iterations < 0)
    require(status::failure("ppq: expected 2 to 16 bits and at least 0 iterations, found %d and %d", bits, iterations));
  const float limit = static_cast<float>((1 << (bits - 1)) - 1);
  return detail::project(values, {-limit, limit}, start, iterations);
}

/// Integer quantizer: g times the integers -(2^(Bits-1)-1) … 2^(Bits-1)-1, with g found by `ppq`.
///
/// shape   element-wise, one g for the tensor or for each filter
/// range   any x; values beyond ±g·(2^(Bits-1)-1) map to the outermost level, NaN to the lowest; with g = 0 (only zeros
///         observed) all values map to 0
/// code    a signed integer of Bits bits
/// inputs  g is an exponential moving average over training batches (smoothing 0.99), frozen for inference
/// source  Liu & Mattina 2019, Eq. 8-9, Algorithm 2 and 3.2
template <int Bits, class Granularity = per_tensor>
struct integer : detail::scaled_integers<1 - (1 << (Bits - 1)), (1 << (Bits - 1)) - 1> {
  static_assert(2 <= Bits && Bits <= 8, "minnow: integer has 2 to 8 bits");
  static_assert(std::is_same_v<Granularity, per_tensor> || std::is_same_v<Granularity, minnow::per_channel>,
                "minnow: integer is per_tensor or per_channel");

  static constexpr text name() {
    return text("integer<") << Bits << (per_channel ? std::string_view(",per_channel>") : std::string_view(">"));
  }
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits <= 4 ? encoding::nibble : encoding::byte;
  static constexpr bool per_channel = std::is_same_v<Granularity, minnow::per_channel>;
  static constexpr bool usable(role r) noexcept { return r == role::weights || !per_channel; }
};

/// Integer quantizer of inputs that are never negative, after a relu: g times the integers 0 … 2^Bits-1. It has twice
/// as many levels for them as `integer` with the same bits. Negative inputs map to 0.
///
/// shape   element-wise, one g for the tensor
/// range   any x; values above g·(2^Bits-1) map to the outermost level, NaN to 0; with g = 0 (nothing above 0 observed)
///         all values map to 0
/// code    an unsigned integer of Bits bits
/// inputs  g as for `integer`; not for weights
/// source  the projection of Liu & Mattina 2019, Algorithm 2, onto levels of one sign
template <int Bits>
struct unsigned_integer : detail::scaled_integers<0, (1 << Bits) - 1> {
  static_assert(2 <= Bits && Bits <= 8, "minnow: unsigned_integer has 2 to 8 bits");

  static constexpr text name() { return text("unsigned_integer<") << Bits << ">"; }
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits <= 4 ? encoding::unsigned_nibble : encoding::unsigned_byte;
  static constexpr bool usable(role r) noexcept { return r == role::inputs; }
};

}  // namespace minnow
