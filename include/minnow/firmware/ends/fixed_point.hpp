#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <minnow/firmware/ends/end.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>

namespace minnow::detail {

/// Epilogue in fixed point. `integers` holds the arrays multiplier, shift, low, high and smallest, and `wide` holds the
/// array offset; infer/ends/fixed_point.hpp defines them. Firmware supports no layers with two inputs, so
/// other_multiplier, the multiplier of the second input, is left out.
template <class Plan>
struct firmware_end<Plan, stage_end::fixed_point> {
  static constexpr int channels = Plan::window.out.channels;
  static constexpr bool makes_codes = true;

  static constexpr std::size_t waiting_bytes() { return 0; }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    append(to.integers, constants.multiplier);
    append(to.integers, constants.shift);
    append(to.integers, constants.low);
    append(to.integers, constants.high);
    append(to.integers, constants.smallest);
    append(to.wide, constants.offset);
  }

  template <class Data>
  static auto sink(std::byte* map, std::uint32_t*) noexcept {
    return kernels::byte_sink<byte_code_of<Plan>>{&codes_of_block<Data>, nullptr, Plan::pool_window,
                                                  Data::stage().integers + 4 * channels, map};
  }

private:
  template <class Data>
  static void codes_of_block(const void*, const std::int32_t* sums, int, int channel,
                             byte_code_of<Plan>* codes) noexcept {
    const std::int32_t* of = Data::stage().integers + channel;
    const std::int64_t* offset = Data::stage().wide + channel;
    const int count = (std::min)(kernels::block_filters, channels - channel);
    for (int f = 0; f < count; ++f)
      codes[f] = static_cast<byte_code_of<Plan>>(fixed_code(std::int64_t{of[f]} * sums[f] + offset[f], of[channels + f],
                                                            of[2 * channels + f], of[3 * channels + f]));
  }
};

}  // namespace minnow::detail
