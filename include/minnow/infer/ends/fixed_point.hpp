#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/ends/channel_line.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/kernels/sink/fixed_block.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow::detail {

/// Limits of the constants of `fixed_constants`. For |sum| <= 2^31 and |other| <= 2^8, they keep all intermediate
/// results of its formula below 2^63.
inline constexpr double most_multiplier = 0x1p31, most_other_multiplier = 0x1p52, most_offset = 0x1p61;
inline constexpr int most_shift = 62;

/// The function between a channel's sums and its codes, in integers:
///
///   code = clamp((multiplier · sum + other_multiplier · other + offset) >> shift, low, high)
///
/// where `other` is a code that an `add` layer adds, or 0 without such a layer. For a quantizer with a zero point, the
/// result is the stored byte, which is the code + the zero point.
struct fixed_constants {
  std::vector<std::int32_t> multiplier;
  std::vector<std::int64_t> other_multiplier;  ///< multiplier of `other`
  std::vector<std::int64_t> offset;
  std::vector<std::int32_t> shift;
  std::vector<std::int32_t> low;
  std::vector<std::int32_t> high;
  std::vector<std::int32_t> smallest;        ///< [sum_stride] -1 where a pool takes the smallest code, else 0
  std::vector<kernels::fixed_block> blocks;  ///< the same constants in the order of the kernels (`derive`)

  explicit fixed_constants(int channels)
      : multiplier(index(channels)),
        other_multiplier(multiplier.size()),
        offset(multiplier.size()),
        shift(multiplier),
        low(multiplier),
        high(multiplier),
        smallest(index(kernels::sum_stride(channels))),
        blocks(index(kernels::blocks(channels))) {}

  /// Computes `blocks` from the other arrays.
  void derive() noexcept {
    for (std::size_t c = 0; c < multiplier.size(); ++c) {
      kernels::fixed_block& b = blocks[c / kernels::block_filters];
      const int channel = static_cast<int>(c % kernels::block_filters), place = kernels::fixed_block::place(channel);
      b.multiplier[channel] = multiplier[c];
      b.offset[place] = offset[c];
      b.shift[place] = shift[c];
      b.low[place] = low[c];
      b.high[place] = high[c];
      b.other_multiplier[place] = other_multiplier[c];
    }
  }

  [[nodiscard]] std::int32_t code(int channel, std::int32_t sum, std::int32_t other) const noexcept {
    const auto c = index(channel);
    return fixed_code(std::int64_t{multiplier[c]} * sum + other_multiplier[c] * other + offset[c], shift[c], low[c],
                      high[c]);
  }

  /// Returns true if the constants, which may come from a file, are within their limits.
  [[nodiscard]] bool sound() const noexcept {
    const auto within = [](const auto& numbers, double least, double most) {
      return std::all_of(numbers.begin(), numbers.end(),
                         [=](auto n) { return least <= static_cast<double>(n) && static_cast<double>(n) <= most; });
    };
    return within(other_multiplier, -most_other_multiplier, most_other_multiplier) &&
           within(offset, -most_offset, 2 * most_offset) && within(shift, 0, most_shift);
  }
};

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
  if (!((std::abs)(scale) > 0)) {
    to.multiplier[c] = to.shift[c] = to.low[c] = to.high[c] = 0;
    to.offset[c] = to.other_multiplier[c] = 0;
    return;
  }
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
void set_channels(fixed_constants& to, const layer_constants<Plan>& from) {
  const auto scale = static_cast<double>(Plan::outputs::scale(from.out_state));
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
}

/// Context of `fix_block`.
struct fix_context {
  const kernels::fixed_block* blocks;
  const std::byte* other;  ///< packed map that an `add` layer adds; null without such a layer
  int other_zero;          ///< zero point of this map
};

/// Computes the codes of a block of sums. A `byte_sink` calls it.
template <class Plan, class Arch>
void fix_block(const void* context, const std::int32_t* sums, [[maybe_unused]] int pixel, int channel,
               byte_code_of<Plan>* codes) noexcept {
  const auto& given = *static_cast<const fix_context*>(context);
  const kernels::fixed_block& block = given.blocks[channel / kernels::block_filters];
  if constexpr (Plan::joins > 0) {
    using number = kernels::byte_code<Plan::template second_inputs<join_of<Plan>>::storage>;
    constexpr int channels = Plan::window.out.channels;
    const auto* others = reinterpret_cast<const number*>(given.other) + pixel * channels + channel;
    kernels::fixed_codes<Arch>(block, sums, others, std::min(kernels::block_filters, channels - channel),
                               given.other_zero, codes);
  } else {
    kernels::fixed_codes<Arch>(block, sums, static_cast<const std::int8_t*>(nullptr), 0, 0, codes);
  }
}

/// The end of a stage whose layers become one integer multiplication and one shift, with constants for each channel. It
/// computes the same functions as `stage_end::requantize`, but without floats.
///
/// Files store the layers, as for `stage_end::requantize`, and the constants are computed from them. Files of version
/// 0.1 store the constants (`lists_integers`).
template <class Plan>
struct end_of<Plan, stage_end::fixed_point> : layer_constants<Plan>, fixed_constants {
  /// The zero point of the output quantizer, for files of version 0.1.
  stored_zero<typename Plan::outputs> stored{};
  /// True if a file stores the constants and not the layers. The layers are then unknown.
  bool lists_integers = false;

  end_of() : fixed_constants(Plan::window.out.channels) { derive(); }

  static constexpr const char* layer_word = "fixed point";
  static constexpr const char* quantizer_word = "fixed point";

  static constexpr stage_memory memory() {
    stage_memory m;
    m.sums = sum_bytes<Plan>(1);  // for a `trace`
    return m;
  }

  void derive() {
    if (!lists_integers) set_channels<Plan>(*this, *this);
    fixed_constants::derive();
  }

  [[nodiscard]] int zero() const noexcept { return lists_integers ? stored.zero() : layer_constants<Plan>::zero(); }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    if (!self.lists_integers) return layer_constants<Plan>::arrays(self, visit);
    visit(Plan::begin, std::string_view("multiplier"), std::span(self.multiplier));
    visit(Plan::begin, std::string_view("other multiplier"), std::span(self.other_multiplier));
    visit(Plan::begin, std::string_view("offset"), std::span(self.offset));
    visit(Plan::begin, std::string_view("shift"), std::span(self.shift));
    visit(Plan::begin, std::string_view("low"), std::span(self.low));
    visit(Plan::begin, std::string_view("high"), std::span(self.high));
    visit(Plan::begin, std::string_view("smallest"), std::span(self.smallest));
    self.stored.visit_zero(self.stored, Plan::end - 1, visit);
  }

  template <class Refuse>
  void check(Refuse&& refuse) const {
    if (!lists_integers) return layer_constants<Plan>::check(refuse);
    if (!sound()) refuse("fixed-point constants whose products fit 64 bits", "constants", "larger ones");
    stored.check_zero(refuse);
  }

  template <class Product, class Arch>
  void run(const stage_run<Plan>& r) const noexcept {
    if (r.work.watcher != nullptr) watch<Product>(r.work);
    fix_context context{this->blocks.data(), nullptr, 0};
    if constexpr (Plan::joins > 0) {
      context.other = r.others[join_of<Plan>];
      context.other_zero = r.other_zeros[join_of<Plan>];
    }
    const kernels::byte_sink<byte_code_of<Plan>> codes{fix_block<Plan, Arch>, &context, Plan::pool_window,
                                                       smallest.data(), r.output};
    multiply_into<Product>(r.work, codes);
  }
};

}  // namespace minnow::detail
