#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/ends/channel_line.hpp>
#include <minnow/infer/ends/fixed_point.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow::detail {

/// Converts the function `line` of a channel to integer constants.
///
/// `shift` is the largest number for which all constants of the channel stay below their limits
/// (infer/ends/fixed_point.hpp). The constants are rounded. Before a code is rounded, its error is therefore at most
/// (|sum| + |other| + 1) / 2^(shift + 1), where `other` is a code that an `add` layer adds. If the multiplier's limit
/// determines the shift, the relative error of multiplier · sum is at most 2^-31. Codes are rounded to nearest, ties
/// up; a packed network without `fixed_point` rounds floats to nearest, ties to even. Codes can therefore differ by one
/// where a value is within float precision of the midpoint between two codes.
///
/// scale            the output quantizer's scale; if it is 0, all codes are 0
/// lowest, highest  limits of the stored codes
/// zero             the output quantizer's zero point, which is added to the codes
inline void set_channel(fixed_constants& to, int channel, const channel_line& line, double scale, int lowest,
                        int highest, int zero = 0) noexcept {
  const auto c = index(channel);
  if (!((std::abs)(scale) > 0)) return;
  const double slope = line.slope / scale, other = line.other_slope / scale, constant = line.shift / scale + zero;
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
  to.multiplier[c] = static_cast<std::int32_t>(scaled(slope, most_multiplier - 1));
  to.other_multiplier[c] = static_cast<std::int64_t>(scaled(other, most_other_multiplier));
  to.offset[c] =
      static_cast<std::int64_t>(scaled(constant, most_offset)) + (bits > 0 ? std::int64_t{1} << (bits - 1) : 0);
  to.shift[c] = bits;
  const auto code = [&](double value) {
    return static_cast<std::int32_t>(
        (std::clamp)(std::nearbyint(value / scale) + zero, static_cast<double>(lowest), static_cast<double>(highest)));
  };
  to.low[c] = code(scale < 0 ? line.high : line.low);
  to.high[c] = code(scale < 0 ? line.low : line.high);
}

/// Converts the layers between the sums and the codes of a stage to integer constants.
template <class Plan>
void pack_end(end_of<Plan, stage_end::fixed_point>& to, layer_constants<Plan>&& from) {
  const auto scale = static_cast<double>(Plan::outputs::scale(from.out_state));
  if constexpr (affine_quantizer<typename Plan::outputs>) to.zero_point = from.zero();
  for (int c = 0; c < Plan::window.out.channels; ++c) {
    channel_line line{.slope = static_cast<double>(from.scales[index(c)])};
    int after_pool = scale < 0 ? -1 : 1;
    from.each_op([&](auto i, const auto& reading) {
      using layer = typename Plan::template op<i>;
      if constexpr (join_layer<layer>) {
        line.other_slope = static_cast<double>(reading.scale[0]);
      } else if constexpr (clip_layer<layer>) {
        line.clip(layer::clip);
      } else if constexpr (!Plan::template is_pool<i>) {
        line.then(reading.at(c));
        if (i > Plan::pool && reading.at(c).scale < 0) after_pool = -after_pool;
      }
    });
    set_channel(to, c, line, scale, Plan::outputs::min_code, Plan::outputs::max_code, from.zero());
    to.smallest[index(c)] = after_pool < 0 ? -1 : 0;
  }
  to.derive();
}

}  // namespace minnow::detail
