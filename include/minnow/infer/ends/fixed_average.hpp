#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/ends/average.hpp>
#include <minnow/infer/ends/channel_line.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/sink/average_sink.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow::detail {

/// The numbers of `kernels::average_constants`, which follow from a stage's layers.
struct average_arrays {
  std::vector<std::int32_t> multiplier, shift, low, high;
  std::vector<std::int64_t> offset, least, most, after, other_multiplier;

  explicit average_arrays(int channels)
      : multiplier(index(channels)),
        shift(multiplier),
        low(multiplier),
        high(multiplier),
        offset(multiplier.size()),
        least(offset),
        most(offset),
        after(offset),
        other_multiplier(offset) {}

  [[nodiscard]] kernels::average_constants rows() const noexcept {
    return {multiplier.data(), shift.data(),  low.data(),
            high.data(),       offset.data(), least.data(),
            most.data(),       after.data(),  other_multiplier.data()};
  }
};

/// What `set_average` must know of a stage, besides a channel's functions.
struct average_limits {
  double scale;  ///< the output quantizer's scale; if it is 0, all codes are 0
  int lowest;    ///< limits of the stored codes
  int highest;
  int zero;         ///< the output quantizer's zero point, which is added to the codes
  int taps;         ///< elements of a window, with padding
  double most_sum;  ///< largest magnitude of a sum
};

/// Computes the integer constants of a channel: the mean over a window of `before`, followed by `after_pool`, the
/// function of the layers after the pool, and by rounding to codes.
///
/// The constants are multiples of 2^-shift. The shift is the largest number for which the multiplier has 32 bits and no
/// total of a window needs more than 63 bits. The error before a code is rounded is therefore at most
/// taps * (|sum| + |other| + 1) / 2^(shift + 1), where `other` is a code that an `add` layer adds. Codes are rounded to
/// nearest, ties up.
inline void set_average(average_arrays& to, int channel, const channel_line& before, const channel_line& after_pool,
                        const average_limits& of) noexcept {
  const auto c = index(channel);
  if (!((std::abs)(of.scale) > 0)) return;
  const double taps = of.taps, factor = after_pool.slope / (taps * of.scale);
  const double slope = before.slope * factor, other = before.other_slope * factor, constant = before.shift * factor;
  const double after = after_pool.shift / of.scale + of.zero;
  constexpr double most_total = 0x1p61, most_multiplier_of_average = 0x1p31 - 1;
  const double total =
      taps * ((std::abs)(slope)*of.most_sum + (std::abs)(other) * 256 + (std::abs)(constant)) + (std::abs)(after) + 1;
  int bits = 60;
  while (bits > 0 &&
         !(std::ldexp((std::abs)(slope), bits) <= most_multiplier_of_average && std::ldexp(total, bits) <= most_total))
    --bits;
  const auto scaled = [&](double value, double limit) {
    return static_cast<std::int64_t>((std::clamp)(std::nearbyint(std::ldexp(value, bits)), -limit, limit));
  };
  // A window's terms are limited, so that their total has at most 63 bits whatever the layers' numbers are.
  const double most_term = most_total / taps;
  const double unlimited = std::numeric_limits<double>::infinity();
  const auto limit = [&](double value) { return factor == 0 ? (value < 0 ? -unlimited : unlimited) : value * factor; };
  to.multiplier[c] = static_cast<std::int32_t>(scaled(slope, most_multiplier_of_average));
  to.other_multiplier[c] = scaled(other, most_term / 256);
  to.offset[c] = scaled(constant, most_term);
  to.least[c] = scaled(limit(factor < 0 ? before.high : before.low), most_term);
  to.most[c] = scaled(limit(factor < 0 ? before.low : before.high), most_term);
  to.after[c] = scaled(after, most_total) + (bits > 0 ? std::int64_t{1} << (bits - 1) : 0);
  to.shift[c] = bits;
  const auto code = [&](double value) {
    return static_cast<std::int32_t>((std::clamp)(std::nearbyint(value / of.scale) + of.zero,
                                                  static_cast<double>(of.lowest), static_cast<double>(of.highest)));
  };
  to.low[c] = code(of.scale < 0 ? after_pool.high : after_pool.low);
  to.high[c] = code(of.scale < 0 ? after_pool.low : after_pool.high);
}

/// Returns the integer constants of all channels of a stage with an average pool.
template <class Plan>
[[nodiscard]] average_arrays average_of(const layer_constants<Plan>& from) {
  average_arrays to(Plan::window.out.channels);
  constexpr extent kernel = Plan::pool_window.kernel;
  average_limits of{static_cast<double>(Plan::outputs::scale(from.out_state)),
                    Plan::outputs::min_code,
                    Plan::outputs::max_code,
                    from.zero(),
                    kernel.height * kernel.width,
                    static_cast<double>(Plan::inputs::max_code)};
  if constexpr (Plan::has_product) of.most_sum *= Plan::window.inputs() * static_cast<double>(Plan::weights::max_code);
  for (int c = 0; c < Plan::window.out.channels; ++c) {
    channel_line before{.slope = static_cast<double>(from.scales[Plan::has_product ? index(c) : 0])};
    channel_line after_pool{.slope = 1};
    from.each_op([&](auto i, const auto& reading) {
      using layer = typename Plan::template op<i>;
      channel_line& line = i < Plan::pool ? before : after_pool;
      if constexpr (join_layer<layer>) line.other_slope = static_cast<double>(reading.scale[0]);
      else if constexpr (clip_layer<layer>) line.clip(layer::clip);
      else if constexpr (!Plan::template is_pool<i>) line.then(reading.at(c));
    });
    set_average(to, c, before, after_pool, of);
  }
  return to;
}

/// The end of a stage with an average pool that computes with integers. Files store the layers, as for
/// `stage_end::floats`; the integer constants are computed from them by `derive`.
template <class Plan>
struct end_of<Plan, stage_end::fixed_average> : layer_constants<Plan> {
  static constexpr const char* layer_word = "fixed point";
  static constexpr const char* quantizer_word = "fixed point";

  average_arrays integers = average_of<Plan>(*this);

  void derive() { integers = average_of<Plan>(*this); }

  static constexpr stage_memory memory() {
    stage_memory m;
    if (Plan::has_product) m.sums = sum_bytes<Plan>(1);  // for a `trace`
    m.waiting = kernels::average_sink::total_bytes(Plan::pool_window);
    return m;
  }

  template <class Product, class Arch>
  void run(const stage_run<Plan>& r) const noexcept {
    const kernels::average_sink codes = average_sink_of(r, integers.rows());
    if constexpr (Plan::has_product) {
      if (r.work.watcher != nullptr) watch<Product>(r.work);
      multiply_into<Product>(r.work, codes);
    } else {
      put_codes<typename Plan::inputs>(r.work.operands.inputs, r.work.operands.zero, Plan::window, 0, Plan::in.height,
                                       codes);
    }
  }
};

}  // namespace minnow::detail
