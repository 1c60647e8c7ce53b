#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/firmware/ends/end.hpp>
#include <minnow/infer/ends/average.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow::detail {

/// Epilogue with thresholds. `integers` holds the arrays flip and smallest and the thresholds (infer/thresholds.hpp),
/// in rows that are padded to whole blocks of channels.
template <class Plan>
struct firmware_end<Plan, stage_end::thresholds> {
  static constexpr stage_memory memory() {
    stage_memory m;
    if (Plan::folded_average) m.sums = sum_bytes<Plan>(Plan::pool_window.kernel.height);
    m.waiting = 4 * code_sink_of<Plan>::waiting_words(pool);
    return m;
  }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    append(to.integers, constants.limits.flip);
    append(to.integers, constants.limits.smallest);
    append(to.integers, constants.limits.values);
  }

  template <class Data, class Product>
  static void run(const stage_run<Plan>& r) noexcept {
    constexpr int stride = kernels::sum_stride(Plan::window.out.channels);
    const std::int32_t* integers = Data::stage().integers;
    const code_sink_of<Plan> codes{
        {integers + 2 * stride, integers, integers + stride, stride}, pool, r.output, r.waiting};
    if constexpr (Plan::folded_average) average<Product>(r.work, codes);
    else multiply_on_device<Product>(r, codes);
  }

private:
  /// The pool of the sink. An average pool adds up the sums of each window before the comparison.
  static constexpr geometry pool =
      Plan::folded_average ? window_over(Plan::pool_window.out, Plan::window.out.channels, {1, 1}, {1, 1}, {0, 0})
                           : Plan::pool_window;
};

}  // namespace minnow::detail
