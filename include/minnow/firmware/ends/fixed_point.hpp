#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow::detail {

/// The constants of one channel's end in fixed point, which infer/ends/fixed_point.hpp defines, as numbers of 64 bits:
/// the offset; then, from the lowest bit on, the multiplier (32 bits), the shift (7 bits), `smallest` (1 bit), low and
/// high (12 bits each); then, if a layer adds another map, other_multiplier.
struct fixed_channel {
  std::int64_t offset;
  std::int32_t multiplier;
  std::int32_t shift;
  bool smallest;
  std::int32_t low;
  std::int32_t high;

  explicit fixed_channel(const std::int64_t* numbers) noexcept
      : offset(numbers[0]), multiplier(static_cast<std::int32_t>(numbers[1])) {
    const auto rest = static_cast<std::int32_t>(numbers[1] >> 32);
    shift = rest & 127;
    smallest = (rest & 128) != 0;
    low = static_cast<std::int32_t>(static_cast<std::uint32_t>(rest) << 12) >> 20;
    high = rest >> 20;
  }

  /// Returns the second number.
  [[nodiscard]] static std::int64_t packed(std::int32_t multiplier, std::int32_t shift, bool smallest, std::int32_t low,
                                           std::int32_t high) noexcept {
    const auto limited = [](std::int32_t n) {
      return static_cast<std::uint32_t>((std::clamp)(n, std::int32_t{-2048}, std::int32_t{2047})) & 0xfffu;
    };
    const std::uint64_t rest =
        static_cast<std::uint32_t>(shift) | (smallest ? 128u : 0u) | limited(low) << 8 | limited(high) << 20;
    return static_cast<std::int64_t>(rest << 32 | static_cast<std::uint32_t>(multiplier));
  }
};

/// Sink (kernels/sink/sink.hpp) that turns sums into one-byte codes in fixed point. All stages share its code.
struct fixed_sink {
  const std::int64_t* constants;  ///< of `fixed_channel`, 2 numbers for each channel, or 3 with `other`
  geometry pool;                  ///< pooling windows over the map of sums
  std::byte* map;
  bool is_unsigned;        ///< true if the codes are unsigned bytes
  const std::byte* other;  ///< packed map of the codes that an `add` layer adds; null without such a layer
  bool other_is_unsigned;
  int other_zero;  ///< zero point of these codes

  [[nodiscard]] static std::int32_t code_of(std::byte b, bool of_unsigned) noexcept {
    return of_unsigned ? static_cast<std::int32_t>(static_cast<std::uint8_t>(b))
                       : static_cast<std::int32_t>(static_cast<std::int8_t>(b));
  }

  /// Calls store(f, code, smallest) for the filters of a block; `smallest` is as in `fixed_channel`.
  template <class Store>
  void encode(int y, int x, int channel, int filters, const std::int32_t* sums, Store&& store) const noexcept {
    const std::ptrdiff_t at = (static_cast<std::ptrdiff_t>(y) * pool.in.width + x) * pool.in.channels + channel;
    const int numbers = other != nullptr ? 3 : 2;
    const std::int64_t* of = constants + channel * numbers;
    for (int f = 0; f < filters; ++f, of += numbers) {
      const fixed_channel c(of);
      std::int64_t scaled = std::int64_t{c.multiplier} * sums[f] + c.offset;
      if (other != nullptr) scaled += of[2] * (code_of(other[at + f], other_is_unsigned) - other_zero);
      store(f, fixed_code(scaled, c.shift, c.low, c.high), c.smallest);
    }
  }

  void put(int y, int x, int channel, int filters, const std::int32_t* sums) const noexcept {
    std::byte* to = map + (static_cast<std::ptrdiff_t>(y) * pool.in.width + x) * pool.in.channels + channel;
    encode(y, x, channel, filters, sums, [&](int f, std::int32_t code, bool) { to[f] = static_cast<std::byte>(code); });
  }
};

/// The same with a max pool, which is applied to the codes, as in kernels/sink/byte_sink.hpp.
struct pooled_fixed_sink : fixed_sink {
  void put(int y, int x, int channel, int filters, const std::int32_t* sums) const noexcept {
    std::int32_t codes[kernels::block_filters];
    bool smallest[kernels::block_filters];
    encode(y, x, channel, filters, sums, [&](int f, std::int32_t code, bool keeps_smallest) {
      codes[f] = code;
      smallest[f] = keeps_smallest;
    });
    kernels::for_each_window(pool, y, x, 0, pool.out.height, [&](std::ptrdiff_t window, bool is_first, bool) {
      std::byte* to = map + window * pool.in.channels + channel;
      for (int f = 0; f < filters; ++f) {
        const std::int32_t stored = code_of(to[f], is_unsigned);
        if (is_first || (smallest[f] ? codes[f] < stored : codes[f] > stored)) to[f] = static_cast<std::byte>(codes[f]);
      }
    });
  }
};

/// Epilogue in fixed point. `wide` holds the numbers of `fixed_channel`.
template <class Plan>
struct firmware_end<Plan, stage_end::fixed_point> {
  static constexpr stage_memory memory() { return {}; }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    for (std::size_t c = 0; c < index(Plan::window.out.channels); ++c) {
      to.wide.push_back(constants.offset[c]);
      to.wide.push_back(fixed_channel::packed(constants.multiplier[c], constants.shift[c], constants.smallest[c] != 0,
                                              constants.low[c], constants.high[c]));
      if constexpr (Plan::joins > 0) to.wide.push_back(constants.other_multiplier[c]);
    }
  }

  template <class Data, class Product>
  static void run(const stage_run<Plan>& r) noexcept {
    std::conditional_t<Plan::pools == 0, fixed_sink, pooled_fixed_sink> codes{};
    static_cast<fixed_sink&>(codes) = {
        Data::stage().wide, Plan::pool_window, r.output, is_unsigned(Plan::outputs::storage), nullptr, false, 0};
    if constexpr (Plan::joins > 0) {
      codes.other = r.others[join_of<Plan>];
      codes.other_is_unsigned = is_unsigned(Plan::template second_inputs<join_of<Plan>>::storage);
      codes.other_zero = r.other_zeros[join_of<Plan>];
    }
    multiply_on_device<Product>(r, codes);
  }
};

}  // namespace minnow::detail
