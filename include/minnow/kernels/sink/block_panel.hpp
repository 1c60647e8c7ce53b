#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/index.hpp>
#include <minnow/kernels/layout/layout.hpp>

namespace minnow::kernels {

/// Panel (sink/sink.hpp) of a sink that takes plain sums: it converts the batches of a kernel to sums, and calls
/// `Sink::put` for each block of 16 filters.
template <class Sink, int Factor, class Batch, std::size_t Vectors>
struct block_panel {
  const Sink* sink;
  int channel;
  int filters;
  Batch base[Vectors];

  void put(int y, int x, const Batch (&counts)[Vectors]) const noexcept {
    constexpr int lanes = static_cast<int>(Vectors * Batch::size);
    alignas(64) std::int32_t sums[index(lanes)];
    for (std::size_t v = 0; v < Vectors; ++v) {
      Batch sum = Factor == 2 || Factor == -2 ? counts[v] + counts[v] : counts[v];
      sum = Factor > 0 ? base[v] + sum : base[v] - sum;
      sum.store_aligned(sums + v * Batch::size);
    }
    for (int first = 0; first < filters; first += block_filters)
      sink->put(y, x, channel + first, filters - first < block_filters ? filters - first : block_filters, sums + first);
  }
};

template <int Factor, class Sink, class Batch, std::size_t Vectors>
[[nodiscard]] block_panel<Sink, Factor, Batch, Vectors> block_panel_of(const Sink& sink, const Batch (&base)[Vectors],
                                                                       int channel, int filters) noexcept {
  block_panel<Sink, Factor, Batch, Vectors> result{&sink, channel, filters, {}};
  for (std::size_t v = 0; v < Vectors; ++v) result.base[v] = base[v];
  return result;
}

}  // namespace minnow::kernels
