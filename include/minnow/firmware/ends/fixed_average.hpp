#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/firmware/ends/end.hpp>
#include <minnow/infer/ends/average.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/sink/average_sink.hpp>

namespace minnow::detail {

/// Epilogue with an average pool in integers. `integers` holds the arrays multiplier, shift, low and high, and `wide`
/// holds offset, least, most, after and, if a layer adds another map, other_multiplier; kernels/sink/average_sink.hpp
/// defines them.
template <class Plan>
struct firmware_end<Plan, stage_end::fixed_average> {
  static constexpr int channels = Plan::window.out.channels;

  static constexpr stage_memory memory() {
    stage_memory m;
    m.waiting = kernels::average_sink::total_bytes(Plan::pool_window);
    return m;
  }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    const auto& from = constants.integers;
    for (const auto* array : {&from.multiplier, &from.shift, &from.low, &from.high}) append(to.integers, *array);
    for (const auto* array : {&from.offset, &from.least, &from.most, &from.after}) append(to.wide, *array);
    if constexpr (Plan::joins > 0) append(to.wide, from.other_multiplier);
  }

  template <class Data, class Product>
  static void run(const stage_run<Plan>& r) noexcept {
    const std::int32_t* integers = Data::stage().integers;
    const std::int64_t* wide = Data::stage().wide;
    const kernels::average_sink codes =
        average_sink_of(r, {integers, integers + channels, integers + 2 * channels, integers + 3 * channels, wide,
                            wide + channels, wide + 2 * channels, wide + 3 * channels, wide + 4 * channels});
    if constexpr (Plan::has_product) multiply_on_device<Product>(r, codes);
    else
      put_codes<typename Plan::inputs>(r.work.operands.inputs, r.work.operands.zero, Plan::window, 0, Plan::in.height,
                                       codes);
  }
};

}  // namespace minnow::detail
