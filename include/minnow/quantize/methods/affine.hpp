#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>

#include <minnow/core/reduction.hpp>
#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

namespace detail {

/// Base class of affine quantizers: value = scale · (q - zero point), with integers q from Lowest to Highest. The code
/// is q - zero point, so 0 has the code 0. The scale and the zero point follow from a measured range [low, high] that
/// contains 0.
template <class Base, int Lowest, int Highest>
struct affine_levels : Base {
  struct state {
    float low = 0;
    float high = 0;
  };
  /// Smoothing of the moving average of the inputs' ranges.
  static constexpr float smoothing = 0.99f;
  /// Limit of -low and high. Without it, the value of the outermost level could be infinite.
  static constexpr float largest_end = 1e38f;

  static float scale(const state& s) noexcept {
    return static_cast<float>((static_cast<double>(s.high) - static_cast<double>(s.low)) / (Highest - Lowest));
  }
  /// The number q whose value is 0. Its distance from Lowest is -low / scale, rounded.
  static int zero_level(const state& s) noexcept {
    if (!(scale(s) > 0)) return Lowest;
    const auto low = static_cast<double>(s.low), high = static_cast<double>(s.high);
    const double place = std::floor(Lowest - low * (Highest - Lowest) / (high - low) + 0.5);
    return static_cast<int>((std::clamp)(place, static_cast<double>(Lowest), static_cast<double>(Highest)));
  }
  /// The values of Lowest and Highest: the measured range, moved so that 0 is a level.
  static interval range(const state& s) noexcept {
    const float step = scale(s);
    const int zero = zero_level(s);
    return {step * static_cast<float>(Lowest - zero), step * static_cast<float>(Highest - zero)};
  }
  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    using scalar::nearbyint;
    using scalar::select;
    const float step = scale(s);
    if (!(step > 0)) return Value(0);
    const int zero = zero_level(s);
    const Value least(static_cast<float>(Lowest - zero)), most(static_cast<float>(Highest - zero));
    const Value level = nearbyint(x / Value(step));
    // The order of the comparisons maps NaN to the lowest level.
    return select(level > least, select(level < most, level, most), least);
  }

  static void limit(state& s) noexcept {
    s.low = (std::max)((std::min)(s.low, 0.0f), -largest_end);
    s.high = (std::min)((std::max)(s.high, 0.0f), largest_end);
  }
  static bool observe(state& s, std::span<const float> values, role r) noexcept {
    alone all;
    return observe(s, values, r, all);
  }
  /// Overload for the values of several processes.
  template <class All>
  static bool observe(state& s, std::span<const float> values, role r, All& all) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const value_range own = range_with_zero(values);
    const bool is_finite = !std::isnan(own.low);
    const double below = all.largest(is_finite ? -static_cast<double>(own.low) : infinity);
    const double above = all.largest(is_finite ? static_cast<double>(own.high) : infinity);
    if (std::isinf(below) || std::isinf(above)) return false;
    const auto low = static_cast<float>(-below), high = static_cast<float>(above);
    const bool is_first = s.low == 0 && s.high == 0;
    const float kept = r == role::weights || is_first ? 0.0f : smoothing;
    s.low = kept * s.low + (1 - kept) * low;
    s.high = kept * s.high + (1 - kept) * high;
    limit(s);
    return true;
  }
};

}  // namespace detail

/// Affine quantizer of inputs: value = s · (q - z), with q = clamp(round(x / s) + z, 0, 2^Bits - 1). It divides the
/// range [a, b] of the inputs, which contains 0, into 2^Bits - 1 steps s = (b - a) / (2^Bits - 1). The zero point
/// z = round(-a / s) is an integer, so that 0 is a level: the range is moved by at most half a step.
///
/// shape   element-wise, one range for the tensor
/// range   any x; values outside the moved range map to its ends, NaN to its lower end; ties round to even
///         (TensorFlow rounds them up). If only zeros were measured, all values map to 0
/// code    q - z; memory holds q as an unsigned byte. Padding has the value 0. Weights cannot have this quantizer, and
///         the weights that multiply these inputs have integer codes
/// inputs  a and b are the smallest and the largest input of a batch (a <= 0 <= b), as exponential moving averages over
///         training batches (smoothing 0.99, TensorFlow's is 0.999; they start from the first batch), frozen for
///         inference
/// source  Jacob et al. 2018, Eq. 1 and 12 and section 3.1; TensorFlow's fake_quant_with_min_max_vars. Training
///         without quantized inputs in the first steps is not part of it; use a schedule of alpha for this
template <int Bits>
struct affine_integer : detail::affine_levels<unsigned_codes<Bits>, 0, (1 << Bits) - 1> {
  static_assert(2 <= Bits, "minnow: affine_integer has 2 to 8 bits");
  static constexpr text name() { return text("affine_integer<") << Bits << ">"; }
  static constexpr bool rounds = true;

  static int zero(const typename affine_integer::state& s) noexcept { return affine_integer::zero_level(s); }
};

/// Affine quantizer of weights: value = s · (q - z), with q = clamp(round(w / s) + z, 1, 2^Bits - 1). It divides the
/// range [a, b] of the weights, which contains 0, into 2^Bits - 2 steps s = (b - a) / (2^Bits - 2). The zero point z is
/// an integer, so that 0 is a level.
///
/// shape   element-wise, one range for the tensor or for each filter
/// range   any w; values outside the moved range map to its ends, NaN to its lower end; ties round to even
/// code    q - z, from -(2^Bits - 2) to 2^Bits - 2, which is stored itself: the zero point costs one bit, so there are
///         at most 7 bits. Eight bits would need codes of nine; `symmetric_weights` has 8 bits
/// source  Jacob et al. 2018, Eq. 1 and 12 and section 3.1 (a and b are the current smallest and largest weight; the
///         lowest of 2^Bits levels is not used); TensorFlow's fake_quant_with_min_max_vars with `narrow_range`
template <int Bits, class Granularity = per_tensor>
struct affine_weights
    : detail::affine_levels<detail::with_granularity<quantizer_base, Granularity>, 1, (1 << Bits) - 1> {
  static_assert(2 <= Bits && Bits <= 7, "minnow: affine_weights has 2 to 7 bits");
  static constexpr int bits = Bits;
  static constexpr int max_code = (1 << Bits) - 2;
  static constexpr encoding storage = max_code <= 7 ? encoding::nibble : encoding::byte;
  static constexpr bool clips_weights = false;
  static constexpr text name() {
    return text("affine_weights<") << Bits
                                   << (affine_weights::per_channel ? std::string_view(",per_channel>")
                                                                   : std::string_view(">"));
  }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }
};

/// Symmetric quantizer of weights: s · clamp(round(w / s), -L, L) with L = 2^(Bits-1) - 1 and s = max|w| / L. This is
/// the rule of TensorFlow Lite for 8-bit weights, whose zero point is always 0.
///
/// shape   element-wise, one s for the tensor or for each filter
/// range   any w; no weight is outside ±sL. With s = 0 (only zeros measured) all values map to 0
/// code    a signed integer of Bits bits
/// source  Jacob et al. 2018, section 3.1 (the range [-127, 127]); TensorFlow Lite's 8-bit quantization specification
template <int Bits, class Granularity = per_tensor>
struct symmetric_weights : detail::with_granularity<signed_codes<Bits>, Granularity> {
  struct state {
    float largest = 0;
  };
  static constexpr text name() {
    return text("symmetric_weights<") << Bits
                                      << (symmetric_weights::per_channel ? std::string_view(",per_channel>")
                                                                         : std::string_view(">"));
  }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }
  static constexpr float scale(const state& s) noexcept { return s.largest / symmetric_weights::max_code; }
  static constexpr interval range(const state& s) noexcept { return symmetric_weights::range_of(scale(s)); }
  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return symmetric_weights::nearest(x, scale(s));
  }

  static void limit(state& s) noexcept { s.largest = (std::max)(s.largest, 0.0f); }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float largest = detail::largest_magnitude(values);
    if (std::isnan(largest)) return false;
    s.largest = largest;
    return true;
  }
};

}  // namespace minnow
