#pragma once

#include <cstddef>

#include <minnow/infer/stage_plan.hpp>

/// The firmware form of a stage's epilogue, the operations on its sums. The code calls the epilogue the stage's end
/// (infer/ends/end.hpp). The folder firmware/ends has a specialization of `firmware_end` for each end that firmware
/// supports. Its members:
///
///   static constexpr bool makes_codes            true if stages before the last may have this end
///   static constexpr std::size_t waiting_bytes() bytes of memory for partial results of a pool's windows
///   static void put(const auto& constants, auto& to)
///                                                on the host: appends the packed stage's constants to the arrays
///                                                `to.integers`, `to.wide` and `to.floats` of a `firmware_stage`
///   template <class Data>
///   static auto sink(std::byte* map, std::uint32_t* waiting)
///                                                on the device, if `makes_codes`: the sink (kernels/sink/sink.hpp)
///                                                that writes the codes to `map`. `Data::stage()` returns the
///                                                `firmware_stage`
namespace minnow::detail {

/// Primary template: an epilogue that firmware does not support.
template <class Plan, stage_end End = Plan::ends_in>
struct firmware_end {
  static constexpr bool makes_codes = false;
  static constexpr std::size_t waiting_bytes() { return 0; }
  template <class Constants, class Arrays>
  static void put(const Constants&, Arrays&) {}
};

/// Appends the numbers of an array to another one.
template <class Numbers, class More>
void append(Numbers& to, const More& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace minnow::detail
