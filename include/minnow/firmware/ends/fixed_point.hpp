#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/firmware/device_stage.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/fixed_codes.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow::detail {

/// Sink (kernels/sink/sink.hpp) that turns sums into one-byte codes in fixed point. All stages share its code.
struct fixed_sink {
  const std::int64_t* constants;  ///< two numbers for each channel, see kernels::fixed_constants_of_channel
  shape sums;                     ///< the map of sums
  std::byte* map;

  explicit fixed_sink(const device_stage& stage, std::byte* memory) noexcept
      : constants(stage.wide), sums(stage.window->out), map(memory + stage.output) {}

  /// Position of a sum in the map of sums.
  [[nodiscard]] std::ptrdiff_t position(int y, int x, int channel) const noexcept {
    return (static_cast<std::ptrdiff_t>(y) * sums.width + x) * sums.channels + channel;
  }
  [[nodiscard]] const kernels::fixed_constants_of_channel* constants_of(int channel) const noexcept {
    return reinterpret_cast<const kernels::fixed_constants_of_channel*>(constants) + channel;
  }
  [[nodiscard]] static std::int32_t code_of(std::byte b, bool of_unsigned) noexcept {
    return of_unsigned ? static_cast<std::int32_t>(static_cast<std::uint8_t>(b))
                       : static_cast<std::int32_t>(static_cast<std::int8_t>(b));
  }

  void put(int y, int x, int channel, int filters, const std::int32_t* block) const noexcept {
    kernels::fixed_codes(constants_of(channel), block, filters, map + position(y, x, channel));
  }
};

/// The same with an `add` layer that adds the codes of another map. A third number of each channel is the multiplier of
/// these codes.
struct joined_fixed_sink : fixed_sink {
  const std::byte* other;
  bool other_is_unsigned;
  int other_zero;  ///< zero point of the other codes

  explicit joined_fixed_sink(const device_stage& stage, std::byte* memory) noexcept
      : fixed_sink(stage, memory),
        other(memory + stage.other),
        other_is_unsigned(stage.other_is_unsigned),
        other_zero(stage.other_zero) {}

  void put(int y, int x, int channel, int filters, const std::int32_t* block) const noexcept {
    const std::ptrdiff_t at = position(y, x, channel);
    const std::byte* codes = other + at;
    const std::int64_t* of = constants + 3 * channel;
    kernels::fixed_constants_of_channel shifted[kernels::has_fixed_vectors ? kernels::block_filters : 1];
    for (int f = 0; f < filters; ++f, of += 3) {
      const std::int64_t more = of[2] * (code_of(codes[f], other_is_unsigned) - other_zero);
      if constexpr (kernels::has_fixed_vectors) shifted[f] = {of[0] + more, of[1]};
      else map[at + f] = static_cast<std::byte>(kernels::fixed_constants_of_channel{of[0], of[1]}.code(block[f], more));
    }
    if constexpr (kernels::has_fixed_vectors) kernels::fixed_codes(shifted, block, filters, map + at);
  }
};

/// The same with a max pool, which is applied to the codes, as in kernels/sink/byte_sink.hpp.
struct pooled_fixed_sink : fixed_sink {
  const geometry* pool;  ///< pooling windows over the map of sums
  bool is_unsigned;      ///< true if the codes are unsigned bytes

  explicit pooled_fixed_sink(const device_stage& stage, std::byte* memory) noexcept
      : fixed_sink(stage, memory), pool(stage.pool), is_unsigned(stage.is_unsigned) {}

  void put(int y, int x, int channel, int filters, const std::int32_t* block) const noexcept {
    std::byte codes[kernels::block_filters];
    kernels::fixed_codes(constants_of(channel), block, filters, codes);
    kernels::for_each_window(*pool, y, x, 0, pool->out.height, [&](std::ptrdiff_t window, bool is_first, bool) {
      std::byte* to = map + window * sums.channels + channel;
      for (int f = 0; f < filters; ++f) {
        const std::int32_t stored = code_of(to[f], is_unsigned), code = code_of(codes[f], is_unsigned);
        if (is_first || (constants_of(channel + f)->smallest() ? code < stored : code > stored)) to[f] = codes[f];
      }
    });
  }
};

template <class Product, class Sink>
void run_fixed_point(const device_stage& stage, std::byte* memory, float*) noexcept {
  Product::rows(*stage.window, stage.operands(memory), stage.rows.first, stage.rows.last, Sink(stage, memory));
}

/// Epilogue in fixed point. `wide` holds, for each channel, the numbers of fixed_constants_of_channel and, if a layer
/// adds another map, other_multiplier; infer/ends/fixed_point.hpp defines them.
template <class Plan>
struct firmware_end<Plan, stage_end::fixed_point> {
  static constexpr stage_memory memory() { return {}; }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    for (std::size_t c = 0; c < index(Plan::window.out.channels); ++c) {
      const auto of =
          kernels::fixed_constants_of_channel::of(constants.multiplier[c], constants.offset[c], constants.shift[c],
                                                  constants.low[c], constants.high[c], constants.smallest[c] != 0);
      to.wide.push_back(of.offset);
      to.wide.push_back(of.rest);
      if constexpr (Plan::joins > 0) to.wide.push_back(constants.other_multiplier[c]);
    }
  }

  /// Runs a stage with this epilogue, see firmware/device_stage.hpp. It does not depend on `Plan`.
  template <class Product>
  static constexpr device_stage::function shared =
      &run_fixed_point<Product,
                       std::conditional_t<Plan::pools != 0, pooled_fixed_sink,
                                          std::conditional_t<Plan::joins != 0, joined_fixed_sink, fixed_sink>>>;
};

}  // namespace minnow::detail
