#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/stage.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

namespace detail {

/// Offsets of a run's buffers in a session's arena (one block of memory). The arena begins with the data that the
/// kernels prepare once. It continues with the buffers of each thread; each thread computes one image at a time. The
/// model determines all sizes.
template <class Packed>
struct arena_plan {
  std::array<std::size_t, Packed::stages> prepared{};
  std::size_t prepared_size = 0;
  /// The offsets below are relative to the start of a thread's buffers.
  std::array<std::size_t, Packed::stages + 1> maps{};  ///< offset of each stage's packed output map; last: the image
  std::array<stage_memory, Packed::stages> memory{};   ///< buffers of each stage, after all maps that it needs
  std::size_t size = 0;

  static constexpr std::size_t padding = 64;

  template <quantizer Quantizer>
  static constexpr std::size_t map_bytes(shape s) {
    return kernels::input_bytes < Quantizer::storage,
           Quantizer::storage == encoding::power_of_two ? Quantizer::bits : 3 > (s);
  }

  /// Places each map at the lowest offset at which it overlaps no map that is still needed.
  ///
  /// visit(stage, end)   called for each stage; `end` is the end of the last map that is live while the stage runs
  template <class Visit>
  static constexpr void place_maps(arena_plan& a, const std::array<std::size_t, Packed::stages + 1>& bytes,
                                   const std::array<std::size_t, Packed::stages + 1>& last_reader, Visit&& visit) {
    struct room {
      std::size_t begin;
      std::size_t end;
      std::size_t last_reader;
    };
    std::array<room, Packed::stages + 1> live{};  // sorted by offset
    std::size_t count = 0;
    const auto put = [&](std::size_t map) {
      const std::size_t needed = round_up(bytes[map] + padding, 64);
      std::size_t first = 0;
      std::size_t at = 0;
      for (; at < count && live[at].begin < first + needed; ++at) first = live[at].end;
      for (std::size_t k = count++; k > at; --k) live[k] = live[k - 1];
      live[at] = {first, first + needed, last_reader[map]};
      a.maps[map] = first;
      a.size = std::max(a.size, first + needed);
    };
    put(Packed::stages);
    for (std::size_t s = 0; s < Packed::stages; ++s) {
      std::size_t kept = 0;
      for (std::size_t k = 0; k < count; ++k)
        if (live[k].last_reader >= s) live[kept++] = live[k];
      count = kept;
      put(s);
      std::size_t end = 0;
      for (std::size_t k = 0; k < count; ++k) end = std::max(end, live[k].end);
      visit(s, end);
    }
  }

  /// Returns the size in bytes of the map that stage `Stage` reads.
  template <std::size_t Stage>
  static constexpr std::size_t input_bytes() {
    using plan = typename stage<Packed, Stage>::plan;
    return map_bytes<typename plan::inputs>(plan::in);
  }

  struct needs {
    /// Size in bytes of each map, and the last stage that reads it. The logits are read after all stages.
    std::array<std::size_t, Packed::stages + 1> map{};
    std::array<std::size_t, Packed::stages + 1> last_reader{};
    std::array<std::size_t, Packed::stages> prepared{};  ///< bytes
    std::array<stage_memory, Packed::stages> memory{};
  };

  template <std::size_t Stage, std::size_t... Index>
  static constexpr void add_stage(needs& n, std::index_sequence<Index...>) {
    using st = stage<Packed, Stage>;
    using plan = typename st::plan;
    n.map[Stage] = map_bytes<typename plan::outputs>(plan::out);
    n.last_reader[plan::source] = Stage;
    [[maybe_unused]] const auto read_by_join = [&]<std::size_t Op>(std::integral_constant<std::size_t, Op>) {
      if constexpr (join_layer<typename plan::template op<Op>>) n.last_reader[plan::template second<Op>] = Stage;
    };
    (read_by_join(std::integral_constant<std::size_t, Index>{}), ...);
    n.memory[Stage] = st::end_type::memory();
    if constexpr (plan::has_product) {
      n.memory[Stage].scratch = st::product::scratch_bytes(plan::window);
      n.prepared[Stage] = st::product::prepared_bytes(plan::window);
    }
  }

  template <std::size_t... Stage>
  static constexpr needs needs_of(std::index_sequence<Stage...>) {
    needs n;
    n.map[Packed::stages] =
        map_bytes<typename stage_plan<typename Packed::model, 0>::inputs>(Packed::layer_graph::input);
    n.last_reader[Packed::stages - 1] = Packed::stages;
    (add_stage<Stage>(n, typename stage<Packed, Stage>::plan::indices{}), ...);
    return n;
  }

  static constexpr arena_plan make() {
    arena_plan a;
    const needs n = needs_of(std::make_index_sequence<Packed::stages>{});
    place_maps(a, n.map, n.last_reader, [&](std::size_t s, std::size_t end) {
      const stage_memory& m = n.memory[s];
      const auto place = [&](std::size_t& at, std::size_t bytes) {
        const std::size_t begin = at;
        if (bytes > 0) at = round_up(at + bytes + padding, 64);
        a.size = std::max(a.size, at);
        return begin;
      };
      // A product's sums are converted to floats in buffer 0 before the first layer after the product writes to buffer
      // 1. The product's buffers therefore share memory with the float buffers 1 and 2.
      a.memory[s].floats[0] = place(end, m.floats[0]);
      std::size_t product = end, ops = end;
      a.memory[s].sums = place(product, m.sums);
      a.memory[s].waiting = place(product, m.waiting);
      a.memory[s].scratch = place(product, m.scratch);
      a.memory[s].floats[1] = place(ops, m.floats[1]);
      a.memory[s].floats[2] = place(ops, m.floats[2]);
    });
    for (std::size_t s = 0; s < Packed::stages; ++s)
      if (n.prepared[s] > 0) {
        a.prepared[s] = a.prepared_size;
        a.prepared_size = round_up(a.prepared_size + n.prepared[s] + padding, 64);
      }
    return a;
  }
};

}  // namespace detail

}  // namespace minnow
