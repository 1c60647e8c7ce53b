#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/firmware/ends/end.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow::detail {

/// Epilogue with thresholds. `integers` holds the arrays flip and smallest and the thresholds (infer/thresholds.hpp),
/// in rows that are padded to whole blocks of channels.
template <class Plan>
struct firmware_end<Plan, stage_end::thresholds> {
  static constexpr bool makes_codes = !Plan::folded_average;

  static constexpr std::size_t waiting_bytes() { return 4 * code_sink_of<Plan>::waiting_words(Plan::pool_window); }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    append(to.integers, constants.limits.flip);
    append(to.integers, constants.limits.smallest);
    append(to.integers, constants.limits.values);
  }

  template <class Data>
  static auto sink(std::byte* map, std::uint32_t* waiting) noexcept {
    constexpr int stride = kernels::sum_stride(Plan::window.out.channels);
    const std::int32_t* integers = Data::stage().integers;
    return code_sink_of<Plan>{
        {integers + 2 * stride, integers, integers + stride, stride}, Plan::pool_window, map, waiting};
  }
};

}  // namespace minnow::detail
