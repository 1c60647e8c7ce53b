#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/layers/layer.hpp>

/// Running a stage that ends in one-byte codes by integers alone.
namespace minnow::detail {

/// Context of `fix_block`.
struct fixed_stage {
  const fixed_constants* constants;
  const std::byte* other;  ///< packed map that a join adds; null without a join
};
/// Index of the join among the ops of a stage with at most one join. `second_of` is the stage that makes its other
/// input.
template <class Plan>
inline constexpr std::size_t join_of = []<std::size_t... Index>(std::index_sequence<Index...>) {
  std::size_t at = 0;
  ((at = join_layer<typename Plan::template op<Index>> ? Index : at), ...);
  return at;
}(typename Plan::indices{});
template <class Plan>
constexpr std::size_t second_of() {
  if constexpr (Plan::joins > 0) return Plan::template second<join_of<Plan>>;
  else return 0;
}
/// Computes the codes of a block of sums. A `byte_sink` calls it.
template <class Plan>
void fix_block(const void* context, const std::int32_t* sums, int pixel, int channel,
               byte_code_of<Plan>* codes) noexcept {
  const auto& given = *static_cast<const fixed_stage*>(context);
  const int count = std::min(kernels::block_filters, Plan::window.out.channels - channel);
  for (int f = 0; f < count; ++f) {
    std::int32_t other = 0;
    if constexpr (Plan::joins > 0) {
      using number = kernels::byte_code<Plan::template second_inputs<join_of<Plan>>::storage>;
      other = reinterpret_cast<const number*>(given.other)[pixel * Plan::window.out.channels + channel + f];
    }
    codes[f] = static_cast<byte_code_of<Plan>>(given.constants->code(channel + f, sums[f], other));
  }
}

}  // namespace minnow::detail
