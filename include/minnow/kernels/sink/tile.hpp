#pragma once

#include <cstddef>

#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/region.hpp>

/// The data that a kernel hands to a sink (sink/sink.hpp), and the function that hands over one tile.
namespace minnow::kernels {

/// The counts that a kernel hands to the panels of a sink, in vectors of type Batch: sum = base + Factor · count. A
/// panel holds the base and the sink's other constants for some filters.
template <int Factor, class Batch>
struct counts_of {
  /// Number of vectors in a panel of one block of filters.
  static constexpr std::size_t vectors = block_filters / Batch::size;
};
/// Marks a kernel that uses no panels and calls sink.put with plain sums.
struct plain_sums {};

/// Calls panel.put for each pixel of a tile, or panel.put_tile once if the panel has it. Not inlined, so that tiles of
/// all sizes share one copy. Inlined copies of the sinks would be most of the compiled code of a network.
///
/// at       the pixels
/// counts   [size][stride] arrays of vectors; the first array of each pixel is for this panel
template <class Panel, class Batch, std::size_t Vectors>
[[gnu::noinline]] void put_tile(const Panel& panel, const detail::cursor* at, int size, const Batch (*counts)[Vectors],
                                int stride = 1) noexcept {
  for (int q = 0; q < size; ++q, counts += stride) panel.put(at[q].y, at[q].x, *counts);
}
template <class Panel, class Batch, std::size_t Vectors>
  requires requires(const Panel& panel, const detail::cursor* at, const Batch (*counts)[Vectors]) {
    panel.put_tile(at, 1, counts, 1);
  }
void put_tile(const Panel& panel, const detail::cursor* at, int size, const Batch (*counts)[Vectors],
              int stride = 1) noexcept {
  panel.put_tile(at, size, counts, stride);
}

}  // namespace minnow::kernels
