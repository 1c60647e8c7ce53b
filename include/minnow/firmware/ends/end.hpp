#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <minnow/core/shape.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/stage_run.hpp>

/// The firmware form of a stage's epilogue, the operations on its sums. The code calls the epilogue the stage's end
/// (infer/ends/end.hpp). The folder firmware/ends has a specialization of `firmware_end` for each end. Its members:
///
///   static constexpr stage_memory memory()       sizes of the buffers that a run needs, without the kernel's scratch
///   static void put(const auto& constants, auto& to)
///                                                on the host: appends the packed stage's constants to the arrays
///                                                `to.integers`, `to.wide` and `to.floats` of a `firmware_stage`
///   template <class Data, class Product>
///   static void run(const stage_run<Plan>&)      on the device: computes the product and writes the stage's output.
///                                                `Data::stage()` returns the `firmware_stage`
///   template <class Product>
///   static constexpr device_stage::function shared
///                                                in place of `run`: a function that stages share
namespace minnow::detail {

template <class Plan, stage_end End = Plan::ends_in>
struct firmware_end;

/// Appends the numbers of an array to another one.
template <class Numbers, class More>
void append(Numbers& to, const More& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// The rows of a stage's product that its pool reads.
template <class Plan>
inline constexpr int_range rows_read = Plan::pool_window.y_axis().reached({0, Plan::pool_window.out.height});

/// Computes these rows, and passes the sums to a sink.
template <class Product, class Plan, class Sink>
void multiply_on_device(const stage_run<Plan>& r, const Sink& sink) noexcept {
  constexpr int_range read = rows_read<Plan>;
  Product::rows(r.work.window, r.work.operands, read.first, read.last, sink);
}

}  // namespace minnow::detail
