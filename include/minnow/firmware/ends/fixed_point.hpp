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
/// array offset and, if a layer adds another map, other_multiplier; infer/ends/fixed_point.hpp defines them.
template <class Plan>
struct firmware_end<Plan, stage_end::fixed_point> {
  static constexpr int channels = Plan::window.out.channels;

  static constexpr stage_memory memory() { return {}; }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    append(to.integers, constants.multiplier);
    append(to.integers, constants.shift);
    append(to.integers, constants.low);
    append(to.integers, constants.high);
    append(to.integers, constants.smallest);
    append(to.wide, constants.offset);
    if constexpr (Plan::joins > 0) append(to.wide, constants.other_multiplier);
  }

  template <class Data, class Product>
  static void run(const stage_run<Plan>& r) noexcept {
    const std::byte* other = nullptr;
    if constexpr (Plan::joins > 0) other = r.others[join_of<Plan>];
    multiply_on_device<Product>(
        r, kernels::byte_sink<byte_code_of<Plan>>{&codes_of_block<Data>, other, Plan::pool_window,
                                                  Data::stage().integers + 4 * channels, r.output});
  }

private:
  template <class Data>
  static void codes_of_block(const void* other, const std::int32_t* sums, int pixel, int channel,
                             byte_code_of<Plan>* codes) noexcept {
    const std::int32_t* of = Data::stage().integers + channel;
    const std::int64_t* wide = Data::stage().wide + channel;
    const int count = (std::min)(kernels::block_filters, channels - channel);
    for (int f = 0; f < count; ++f) {
      std::int64_t scaled = std::int64_t{of[f]} * sums[f] + wide[f];
      if constexpr (Plan::joins > 0) {
        using number = kernels::byte_code<Plan::template second_inputs<join_of<Plan>>::storage>;
        scaled += wide[channels + f] * static_cast<const number*>(other)[pixel * channels + channel + f];
      }
      codes[f] = static_cast<byte_code_of<Plan>>(
          fixed_code(scaled, of[channels + f], of[2 * channels + f], of[3 * channels + f]));
    }
  }
};

}  // namespace minnow::detail
