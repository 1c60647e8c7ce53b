#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// The sinks that store sums, and the definitions that all sinks share.
namespace minnow::kernels {

/// Integer thresholds for encodings of at most 16 codes. For channel c the index of the code is the number of
/// thresholds t[k][c] with (sum ^ flip[c]) >= t[k][c]; flip[c] is 0 or -1. A pooling window keeps its largest index, or
/// its smallest if smallest[c] is -1.
struct threshold_rows {
  const std::int32_t* values;    ///< thresholds t, [count][stride]
  const std::int32_t* flip;      ///< [stride]
  const std::int32_t* smallest;  ///< [stride]
  int stride;
};

namespace detail {

/// Returns the sum that belongs to a kernel's count: base + Factor · count (see sink/sink.hpp).
template <int Factor, class Batch>
[[nodiscard]] Batch sum_of(const Batch& base, const Batch& count) noexcept {
  const Batch counted = Factor == 2 || Factor == -2 ? count + count : count;
  return Factor > 0 ? base + counted : base - counted;
}

}  // namespace detail

/// A map of sums in memory.
struct sum_map {
  std::int32_t* sums;  ///< address of the sums of output pixel (first_row, 0)
  int stride;
  int width;  ///< pixels in a row
  int first_row;

  [[nodiscard]] std::int32_t* at(int y, int x) const noexcept {
    return sums + (static_cast<std::ptrdiff_t>(y - first_row) * width + x) * stride;
  }
};

/// Sink that stores sums in memory, `stride` numbers per pixel. The numbers beyond the last filter become 0.
struct sum_sink : sum_map {
  template <int Factor, class Batch, std::size_t Vectors>
  struct panel_of {
    sum_map map;
    int channel;
    Batch base[Vectors];
    Batch used[Vectors];  ///< all ones in the lanes that hold filters

    void put(int y, int x, const Batch (&counts)[Vectors]) const noexcept {
      std::int32_t* to = map.at(y, x) + channel;
      for (std::size_t v = 0; v < Vectors; ++v) {
        (detail::sum_of<Factor>(base[v], counts[v]) & used[v]).store_unaligned(to + v * Batch::size);
      }
    }
  };

  template <int Factor, class Batch, std::size_t Vectors>
  [[nodiscard]] panel_of<Factor, Batch, Vectors> panel(const Batch (&base)[Vectors], int channel,
                                                       int filters) const noexcept {
    alignas(64) static constexpr auto ones_then_zeros = [] {
      std::array<std::int32_t, 64> mask{};
      for (std::size_t i = 0; i < 32; ++i) mask[i] = -1;
      return mask;
    }();
    panel_of<Factor, Batch, Vectors> result{*this, channel, {}, {}};
    for (std::size_t v = 0; v < Vectors; ++v) {
      result.base[v] = base[v];
      result.used[v] = Batch::load_unaligned(ones_then_zeros.data() + 32 - filters + v * Batch::size);
    }
    return result;
  }

  void put(int y, int x, int channel, int filters, const std::int32_t* block) const noexcept {
    std::int32_t* to = at(y, x) + channel;
    for (int f = 0; f < block_filters; ++f) to[f] = f < filters ? block[f] : 0;
  }
};

/// Number of output rows whose sums fit in 256 KB, to stay in the L2 cache until they are read; at least one.
[[nodiscard]] constexpr int cached_rows(const geometry& g) noexcept {
  constexpr int most = 1 << 16;
  return (std::clamp)(most / (g.out.width * sum_stride(g.out.channels)), 1, (std::max)(g.out.height, 1));
}
/// Bytes of the sums of cached_rows(g) rows.
[[nodiscard]] constexpr std::size_t cached_bytes(const geometry& g) noexcept {
  return index(cached_rows(g) * g.out.width * sum_stride(g.out.channels)) * sizeof(float);
}

/// Destination of the sums of float kernels: sum_stride(filters) numbers per pixel. They begin with output row `first`,
/// an argument of the kernel's rows().
struct float_sink {
  float* sums;
};

}  // namespace minnow::kernels
