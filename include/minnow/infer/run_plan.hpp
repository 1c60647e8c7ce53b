#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/layers/layer.hpp>

/// Places the buffers of one run in one block of memory, for packed networks and for firmware. The model determines all
/// sizes.
namespace minnow::detail {

/// Sizes of the buffers of one run. Map s is the packed output of stage s; the last map is the image.
template <std::size_t Stages>
struct run_needs {
  std::array<std::size_t, Stages + 1> maps{};         ///< bytes
  std::array<std::size_t, Stages + 1> last_reader{};  ///< the last stage that reads a map
  std::array<stage_memory, Stages> memory{};          ///< bytes
  std::array<std::size_t, Stages> overwrites{};       ///< map whose place a stage's output may take; s for none
};

/// Offsets of the buffers of one run, in bytes.
template <std::size_t Stages>
struct run_plan {
  std::array<std::size_t, Stages + 1> maps{};
  std::array<stage_memory, Stages> memory{};
  std::size_t size = 0;
};

/// Size in bytes of a packed map of a quantizer's codes.
template <quantizer Quantizer>
constexpr std::size_t map_bytes(shape s) {
  return kernels::input_bytes<operand_of<Quantizer>::storage, operand_of<Quantizer>::bits>(s);
}

/// Returns the sizes of the maps of a model and their last readers. The logits are read after all stages.
template <class Model>
constexpr auto map_needs() {
  constexpr std::size_t count = stages<Model>::count;
  run_needs<count> n;
  const auto see = [&]<std::size_t Stage>(std::integral_constant<std::size_t, Stage>) {
    using plan = stage_plan<Model, Stage>;
    n.maps[Stage] = map_bytes<typename plan::outputs>(plan::out);
    n.overwrites[Stage] = Stage;
    n.last_reader[plan::source] = Stage;
    [&]<std::size_t... Op>(std::index_sequence<Op...>) {
      [[maybe_unused]] const auto join = [&]<std::size_t At>(std::integral_constant<std::size_t, At>) {
        if constexpr (join_layer<typename plan::template op<At>>) n.last_reader[plan::template second<At>] = Stage;
      };
      (join(std::integral_constant<std::size_t, Op>{}), ...);
    }(typename plan::indices{});
  };
  n.maps[count] = map_bytes<typename stage_plan<Model, 0>::inputs>(minnow::layer_graph<Model>::input);
  n.last_reader[count - 1] = count;
  [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
    (see(std::integral_constant<std::size_t, Stage>{}), ...);
  }(std::make_index_sequence<count>{});
  return n;
}

/// Places each map at the lowest offset at which it overlaps no map that is still needed, and the other buffers of a
/// stage after all maps that are live while the stage runs. A stage whose output may overwrite a map of the same size
/// takes its place if it is the map's last reader.
///
/// margin  bytes after each buffer that kernels may read or overwrite
/// unit    every offset is a multiple of it
template <std::size_t Stages>
constexpr run_plan<Stages> place_buffers(const run_needs<Stages>& n, std::size_t margin, std::size_t unit) {
  struct room {
    std::size_t begin;
    std::size_t end;
    std::size_t last_reader;
  };
  run_plan<Stages> a;
  std::array<room, Stages + 1> live{};  // sorted by offset
  std::size_t count = 0;
  const auto put = [&](std::size_t map) {
    const std::size_t needed = round_up(n.maps[map] + margin, unit);
    std::size_t first = 0;
    std::size_t at = 0;
    for (; at < count && live[at].begin < first + needed; ++at) first = live[at].end;
    for (std::size_t k = count++; k > at; --k) live[k] = live[k - 1];
    live[at] = {first, first + needed, n.last_reader[map]};
    a.maps[map] = first;
    a.size = (std::max)(a.size, first + needed);
  };
  const auto place = [&](std::size_t& at, std::size_t bytes) {
    const std::size_t begin = at;
    if (bytes > 0) at = round_up(at + bytes + margin, unit);
    a.size = (std::max)(a.size, at);
    return begin;
  };
  put(Stages);
  for (std::size_t s = 0; s < Stages; ++s) {
    std::size_t kept = 0;
    for (std::size_t k = 0; k < count; ++k)
      if (live[k].last_reader >= s) live[kept++] = live[k];
    count = kept;
    if (const std::size_t map = n.overwrites[s]; map != s && n.last_reader[map] == s && n.maps[map] == n.maps[s]) {
      a.maps[s] = a.maps[map];
      for (std::size_t k = 0; k < count; ++k)
        if (live[k].begin == a.maps[map]) live[k].last_reader = n.last_reader[s];
    } else {
      put(s);
    }
    std::size_t end = 0;
    for (std::size_t k = 0; k < count; ++k) end = (std::max)(end, live[k].end);
    const stage_memory& m = n.memory[s];
    // A product's sums are converted to floats in buffer 0 before the first layer after the product writes to buffer 1.
    // The product's buffers therefore share memory with the float buffers 1 and 2.
    a.memory[s].floats[0] = place(end, m.floats[0]);
    std::size_t product = end, ops = end;
    a.memory[s].sums = place(product, m.sums);
    a.memory[s].waiting = place(product, m.waiting);
    a.memory[s].scratch = place(product, m.scratch);
    a.memory[s].floats[1] = place(ops, m.floats[1]);
    a.memory[s].floats[2] = place(ops, m.floats[2]);
  }
  return a;
}

}  // namespace minnow::detail
