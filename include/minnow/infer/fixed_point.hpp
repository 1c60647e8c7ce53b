#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/integer.hpp>

namespace minnow {

/// A model whose packed reading turns sums of integers into bytes by a multiplication and a shift of integers, for processors
/// without floats: packed<fixed_point<Model>>, made by pack<fixed_point>(net). A code is then that of the exact reading or
/// its neighbour.
///
/// It serves products whose sums become codes of `integer` or `unsigned_integer` behind batch_norm, bias, maxima,
/// clips and sums with other codes. Thresholds are integers in any case; what else goes through floats (averages, the last
/// layer's logits) still does, and `summary` says which layers.
///
/// experimental  may change in any version
template <class Model>
struct fixed_point : Model {
  static constexpr std::string_view variant = "fixed point";
};

namespace detail {

template <class Model>
inline constexpr bool is_fixed_point = false;
template <class Model>
inline constexpr bool is_fixed_point<fixed_point<Model>> = true;

/// A layer whose reading is a multiplication and an addition for each channel.
template <class Layer>
concept affine_layer = requires(const inferable<Layer> reading) {
  { reading.at(0) } -> std::convertible_to<affine>;
};
/// A layer that limits values, and does nothing else.
template <class Layer>
concept clip_layer = requires {
  { Layer::clip } -> std::convertible_to<interval>;
};

/// What stands between a channel's sums and its codes, put together in double precision:
///
///   clip(slope · sum + other_slope · other + shift)
struct channel_line {
  double slope = 0;
  double other_slope = 0;  ///< of the codes that a join adds
  double shift = 0;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  /// (clip(y)) · s + t is y · s + t clipped to the limits' images, which change places where s < 0.
  void then(affine a) noexcept {
    const auto scale = static_cast<double>(a.scale), t = static_cast<double>(a.shift);
    slope *= scale;
    other_slope *= scale;
    shift = shift * scale + t;
    const auto image = [&](double limit) { return scale == 0 ? t : limit * scale + t; };
    low = image(low);
    high = image(high);
    if (scale < 0) (std::swap)(low, high);
  }
  void clip(interval i) noexcept {
    low = (std::clamp)(low, static_cast<double>(i.low), static_cast<double>(i.high));
    high = (std::clamp)(high, static_cast<double>(i.low), static_cast<double>(i.high));
  }
};

/// What the constants of a channel stay below, so that nothing passes 2^63: |sum| <= 2^31 and |other| <= 2^8.
inline constexpr double most_multiplier = 0x1p31, most_other_multiplier = 0x1p52, most_offset = 0x1p61;
inline constexpr int most_shift = 62;

[[nodiscard]] constexpr std::int32_t fixed_code(std::int64_t scaled, std::int32_t shift, std::int32_t low,
                                                std::int32_t high) noexcept {
  const std::int64_t rounded = scaled >> shift;
  return static_cast<std::int32_t>(rounded < low ? low : rounded > high ? high : rounded);
}

/// The same in integers: code = clamp((multiplier · sum + other_multiplier · other + offset) >> shift, low, high).
///
/// Of a channel, shift is the largest with which all constants stay below their limits. A code before its rounding is off by at
/// most (|sum| + |other| + 1) / 2^(shift + 1): 2^-31 of the sum's own part where its multiplier is what limits the shift. Rounding is
/// to the nearest, ties up, where the exact reading rounds floats to the nearest, ties to even: codes differ by one where a value
/// is as near to the middle of two codes as floats are coarse.
struct fixed_constants {
  std::vector<std::int32_t> multiplier;
  std::vector<std::int64_t> other_multiplier;
  std::vector<std::int64_t> offset;
  std::vector<std::int32_t> shift;
  std::vector<std::int32_t> low;
  std::vector<std::int32_t> high;
  std::vector<std::int32_t> smallest;  ///< [sum_stride] -1 where a pool takes the smallest code, else 0

  explicit fixed_constants(int channels)
      : multiplier(static_cast<std::size_t>(channels)),
        other_multiplier(multiplier.size()),
        offset(multiplier.size()),
        shift(multiplier),
        low(multiplier),
        high(multiplier),
        smallest(static_cast<std::size_t>(kernels::sum_stride(channels))) {}

  /// unit  what a code of the result is worth; 0 where all of them are 0
  void set(int channel, const channel_line& line, double unit, int lowest, int highest) noexcept {
    const auto c = static_cast<std::size_t>(channel);
    if (!((std::abs)(unit) > 0)) return;
    const double slope = line.slope / unit, other = line.other_slope / unit, constant = line.shift / unit;
    int bits = most_shift;
    const auto fits = [&](double value, double limit) {
      return (std::abs)((std::round)(std::ldexp(value, bits))) < limit;
    };
    while (bits > 0 &&
           !(fits(slope, most_multiplier) && fits(other, most_other_multiplier) && fits(constant, most_offset)))
      --bits;
    const auto scaled = [&](double value, double limit) {
      return (std::clamp)((std::round)(std::ldexp(value, bits)), -limit, limit);
    };
    multiplier[c] = static_cast<std::int32_t>(scaled(slope, most_multiplier - 1));
    other_multiplier[c] = static_cast<std::int64_t>(scaled(other, most_other_multiplier));
    offset[c] =
        static_cast<std::int64_t>(scaled(constant, most_offset)) + (bits > 0 ? std::int64_t{1} << (bits - 1) : 0);
    shift[c] = bits;
    const auto code = [&](double value) {
      return static_cast<std::int32_t>(
          (std::clamp)(std::nearbyint(value / unit), static_cast<double>(lowest), static_cast<double>(highest)));
    };
    low[c] = code(unit < 0 ? line.high : line.low);
    high[c] = code(unit < 0 ? line.low : line.high);
  }

  [[nodiscard]] std::int32_t code(int channel, std::int32_t sum, std::int32_t other) const noexcept {
    const auto c = static_cast<std::size_t>(channel);
    return fixed_code(std::int64_t{multiplier[c]} * sum + other_multiplier[c] * other + offset[c], shift[c], low[c],
                      high[c]);
  }

  /// Whether the constants, which a file may have brought, stay within their limits.
  [[nodiscard]] bool sound() const noexcept {
    const auto within = [](const auto& numbers, double least, double most) {
      return std::all_of(numbers.begin(), numbers.end(),
                         [=](auto n) { return least <= static_cast<double>(n) && static_cast<double>(n) <= most; });
    };
    return within(other_multiplier, -most_other_multiplier, most_other_multiplier) &&
           within(offset, -most_offset, 2 * most_offset) && within(shift, 0, most_shift);
  }

  /// visit(name, numbers) for all that a file keeps.
  template <class Visit>
  void arrays(Visit&& visit) {
    visit(std::string_view("multiplier"), multiplier);
    visit(std::string_view("other multiplier"), other_multiplier);
    visit(std::string_view("offset"), offset);
    visit(std::string_view("shift"), shift);
    visit(std::string_view("low"), low);
    visit(std::string_view("high"), high);
    visit(std::string_view("smallest"), smallest);
  }
};

}  // namespace detail

}  // namespace minnow
