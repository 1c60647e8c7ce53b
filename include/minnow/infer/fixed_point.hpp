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
#include <minnow/core/index.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/integer.hpp>

namespace minnow {

/// A model whose packed reading converts integer sums to byte codes by an integer multiplication and a shift, for
/// processors without floats: packed<fixed_point<Model>>, made by pack<fixed_point>(net). A code equals that of the
/// exact reading or differs from it by one.
///
/// It applies to products whose sums become codes of `integer` or `unsigned_integer` after batch_norm, bias, max pools,
/// clips and additions of other codes. Thresholds are integers in any case. All other layers (averages, the last
/// layer's logits) still use floats; `summary` shows which ones.
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

/// A layer whose inferable reading is one multiplication and one addition for each channel.
template <class Layer>
concept affine_layer = requires(const inferable<Layer> reading) {
  { reading.at(0) } -> std::convertible_to<affine>;
};
/// A layer that clips values and does nothing else.
template <class Layer>
concept clip_layer = requires {
  { Layer::clip } -> std::convertible_to<interval>;
};

/// The composed function of the layers between a channel's sums and its codes, in double precision:
///
///   clip(slope · sum + other_slope · other + shift)
struct channel_line {
  double slope = 0;
  double other_slope = 0;  ///< factor of the codes that a join adds
  double shift = 0;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  /// Appends y · scale + t. Applied after a clip, this equals clipping y · scale + t to the scaled limits, which swap
  /// if scale < 0.
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

/// Limits of a channel's constants. They keep all intermediate results below 2^63 for |sum| <= 2^31 and |other| <= 2^8.
inline constexpr double most_multiplier = 0x1p31, most_other_multiplier = 0x1p52, most_offset = 0x1p61;
inline constexpr int most_shift = 62;

[[nodiscard]] constexpr std::int32_t fixed_code(std::int64_t scaled, std::int32_t shift, std::int32_t low,
                                                std::int32_t high) noexcept {
  const std::int64_t rounded = scaled >> shift;
  return static_cast<std::int32_t>(rounded < low ? low : rounded > high ? high : rounded);
}

/// The function of a `channel_line` in integers:
///
///   code = clamp((multiplier · sum + other_multiplier · other + offset) >> shift, low, high)
///
/// For each channel, shift is the largest value with which all constants stay below their limits. Before rounding, a
/// code is off by at most (|sum| + |other| + 1) / 2^(shift + 1). This is 2^-31 of the sum's contribution where the
/// multiplier limits the shift. Rounding is to nearest, ties up; the exact reading rounds floats to nearest, ties to
/// even. Codes therefore differ by one where a value is within float precision of the midpoint of two codes.
struct fixed_constants {
  std::vector<std::int32_t> multiplier;
  std::vector<std::int64_t> other_multiplier;
  std::vector<std::int64_t> offset;
  std::vector<std::int32_t> shift;
  std::vector<std::int32_t> low;
  std::vector<std::int32_t> high;
  std::vector<std::int32_t> smallest;  ///< [sum_stride] -1 where a pool takes the smallest code, else 0

  explicit fixed_constants(int channels)
      : multiplier(index(channels)),
        other_multiplier(multiplier.size()),
        offset(multiplier.size()),
        shift(multiplier),
        low(multiplier),
        high(multiplier),
        smallest(index(kernels::sum_stride(channels))) {}

  /// Sets a channel's constants.
  ///
  /// unit  the output quantizer's scale; if it is 0, all codes are 0
  void set(int channel, const channel_line& line, double unit, int lowest, int highest) noexcept {
    const auto c = index(channel);
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
    const auto c = index(channel);
    return fixed_code(std::int64_t{multiplier[c]} * sum + other_multiplier[c] * other + offset[c], shift[c], low[c],
                      high[c]);
  }

  /// Whether the constants, which may come from a file, are within their limits.
  [[nodiscard]] bool sound() const noexcept {
    const auto within = [](const auto& numbers, double least, double most) {
      return std::all_of(numbers.begin(), numbers.end(),
                         [=](auto n) { return least <= static_cast<double>(n) && static_cast<double>(n) <= most; });
    };
    return within(other_multiplier, -most_other_multiplier, most_other_multiplier) &&
           within(offset, -most_offset, 2 * most_offset) && within(shift, 0, most_shift);
  }

  /// Calls visit(name, numbers) for every array that a file stores.
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
