#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/infer/run_plan.hpp>
#include <minnow/infer/stage.hpp>

namespace minnow::detail {

/// Offsets of a run's buffers in a session's arena (one block of memory). The arena begins with the data that the
/// kernels prepare once. It continues with the buffers of each thread (run_plan.hpp); each thread computes one image at
/// a time, so the offsets of `run_plan` are relative to the start of a thread's buffers.
template <class Packed>
struct arena_plan : run_plan<Packed::stages> {
  static constexpr std::size_t margin = 64, unit = 64;

  std::array<std::size_t, Packed::stages> prepared{};
  std::size_t prepared_size = 0;

  /// Returns the size in bytes of the map that stage `Stage` reads.
  template <std::size_t Stage>
  static constexpr std::size_t input_bytes() {
    using plan = typename stage<Packed, Stage>::plan;
    return map_bytes<typename plan::inputs>(plan::in);
  }

  static constexpr arena_plan make() {
    auto needs = map_needs<typename Packed::model>();
    arena_plan a;
    const auto see = [&]<std::size_t Stage>(std::integral_constant<std::size_t, Stage>) {
      using st = stage<Packed, Stage>;
      using plan = typename st::plan;
      needs.memory[Stage] = st::end_type::memory();
      if constexpr (plan::has_product) {
        needs.memory[Stage].scratch = st::product::scratch_bytes(plan::window);
        if (const std::size_t bytes = st::product::prepared_bytes(plan::window); bytes > 0) {
          a.prepared[Stage] = a.prepared_size;
          a.prepared_size = round_up(a.prepared_size + bytes + margin, unit);
        }
      }
    };
    [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
      (see(std::integral_constant<std::size_t, Stage>{}), ...);
    }(std::make_index_sequence<Packed::stages>{});
    static_cast<run_plan<Packed::stages>&>(a) = place_buffers(needs, margin, unit);
    return a;
  }
};

}  // namespace minnow::detail
