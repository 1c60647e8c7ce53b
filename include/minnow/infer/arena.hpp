#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <minnow/infer/stage.hpp>
#include <minnow/infer/thresholds.hpp>
#include <minnow/kernels/epilogue.hpp>

namespace minnow {

namespace detail {

/// What writes the codes of a folded stage.
template <class Plan>
using code_sink_of = kernels::code_sink<Plan::outputs::storage, operand_of<typename Plan::outputs>::bits,
                                        static_cast<int>(codes_of<typename Plan::outputs>().size()) - 1>;

/// Where the buffers of a run lie in a session's arena: first what the kernels prepare once, then for each thread the
/// buffers of one image. All sizes follow from the model.
template <class Packed>
struct arena_plan {
  std::array<std::size_t, Packed::stages> prepared{};
  std::size_t prepared_size = 0;
  /// From here on within one thread's buffers.
  std::array<std::size_t, 2> maps{};  ///< the packed map that is read and the one that is written
  std::size_t sums = 0;
  std::size_t waiting = 0;  ///< of a pool that is folded
  std::array<std::size_t, 2> floats{};
  std::size_t scratch = 0;
  std::size_t size = 0;

  static constexpr std::size_t padding = 64;

  template <quantizer Q>
  static constexpr std::size_t map_bytes(shape s) {
    return kernels::input_bytes<Q::storage, Q::storage == encoding::power_of_two ? Q::bits : 3>(s);
  }

  static constexpr arena_plan make() {
    arena_plan a;
    std::size_t map = map_bytes<typename stage_plan<typename Packed::model, 0>::inputs>(Packed::flat::input);
    std::size_t sum = 0;
    std::size_t wait = 0;
    std::size_t number = static_cast<std::size_t>(Packed::flat::input.size());
    std::size_t scratch_size = 0;
    std::array<std::size_t, Packed::stages> prepared_sizes{};
    [&]<std::size_t... S>(std::index_sequence<S...>) {
      (
          [&] {
            using st = stage<Packed, S>;
            using plan = typename st::plan;
            map = std::max(map, map_bytes<typename plan::outputs>(plan::out));
            if constexpr (plan::has_product) {
              const auto stride = static_cast<std::size_t>(kernels::sum_stride(plan::window.out.channels));
              const std::size_t row = static_cast<std::size_t>(plan::window.out.width) * stride;
              // A stage that keeps its sums in registers has one row, for a watcher; an average the rows of its window.
              const int rows = !plan::folds && !plan::encodes ? plan::window.out.height : plan::folded_average ? plan::pool_window.kernel.height : 1;
              sum = std::max(sum, row * static_cast<std::size_t>(rows) + stride);
              if constexpr (plan::folds) wait = std::max(wait, code_sink_of<plan>::waiting_words(plan::pool_window));
              scratch_size = std::max(scratch_size, st::product::scratch_bytes(plan::window));
              prepared_sizes[S] = st::product::prepared_bytes(plan::window);
            }
            if constexpr (!plan::folds && !plan::encodes) {
              number = std::max(number, static_cast<std::size_t>(plan::window.out.size()));
              [&]<std::size_t... I>(std::index_sequence<I...>) {
                ((number = std::max(number, static_cast<std::size_t>(Packed::flat::template out<plan::ops_begin + I>.size()))), ...);
              }(typename plan::indices{});
            }
          }(),
          ...);
    }(std::make_index_sequence<Packed::stages>{});
    const auto place = [&](std::size_t bytes) {
      const std::size_t at = a.size;
      a.size = round_up(a.size + bytes + padding, 64);
      return at;
    };
    a.maps = {place(map), place(map)};
    a.sums = place(sum * 4);
    a.waiting = place(wait * 4);
    a.floats = {place(number * 4), place(number * 4)};
    a.scratch = place(scratch_size);
    for (std::size_t s = 0; s < Packed::stages; ++s)
      if (prepared_sizes[s] > 0) {
        a.prepared[s] = a.prepared_size;
        a.prepared_size = round_up(a.prepared_size + prepared_sizes[s] + padding, 64);
      }
    return a;
  }
};

}  // namespace detail

}  // namespace minnow
