#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/block_panel.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow::kernels {

/// Sink that turns sums into one-byte codes by calling a function for each block of sums. It is used for encodings with
/// too many codes for thresholds, and has the interface described in sink/sink.hpp.
///
/// A max pool may come between the layers that the function computes. The function then skips the pool, and the sink
/// pools the codes in the output map. The result is the same. If the layers after the pool are an increasing function,
/// the largest value of a window gives the largest code, and the sink keeps this code. If they are a decreasing
/// function, the largest value gives the smallest code, and the sink keeps that one (`smallest`).
///
/// `encode` is a function pointer, so that a kernel is compiled once for all layers that use this sink.
///
/// Code  a signed or an unsigned byte
template <class Code>
struct byte_sink {
  /// Encodes one block: sums [16] of pixel `pixel` of the map of sums, channels from `channel` on -> codes [16].
  using encoder = void (*)(const void* context, const std::int32_t* sums, int pixel, int channel, Code* codes) noexcept;

  encoder encode;
  const void* context;
  geometry pool;                 ///< pooling windows over the map of sums
  const std::int32_t* smallest;  ///< [sum_stride] -1 for channels that keep the smallest code, else 0
  std::byte* map;
  int first_window_row = 0;  ///< only the window rows [first, last) are written
  int last_window_row = pool.out.height;
  bool one_to_one = pool.kernel == extent{1, 1} && pool.in == pool.out;  ///< each sum gives exactly one code

  template <int Factor, class Batch, std::size_t Vectors>
  using panel_of = block_panel<byte_sink, Factor, Batch, Vectors>;

  template <int Factor, class Batch, std::size_t Vectors>
  [[nodiscard]] panel_of<Factor, Batch, Vectors> panel(const Batch (&base)[Vectors], int channel,
                                                       int filters) const noexcept {
    return block_panel_of<Factor>(*this, base, channel, filters);
  }

  void put(int y, int x, int channel, int filters, const std::int32_t* block) const noexcept {
    const int pixel = y * pool.in.width + x;
    if (one_to_one && filters == block_filters)
      return encode(context, block, pixel, channel, reinterpret_cast<Code*>(map) + pixel * pool.in.channels + channel);
    Code codes[block_filters];
    encode(context, block, pixel, channel, codes);
    if (one_to_one) return store(pixel, channel, filters, true, codes);
    for_each_window(pool, y, x, first_window_row, last_window_row, [&](std::ptrdiff_t window, bool is_first, bool) {
      store(window, channel, filters, is_first, codes);
    });
  }

private:
  void store(std::ptrdiff_t pixel, int channel, int filters, bool is_first, const Code* codes) const noexcept {
    auto* to = reinterpret_cast<Code*>(map) + pixel * pool.in.channels + channel;
    if (is_first) {
      if (filters == block_filters) std::memcpy(to, codes, block_filters);
      else std::copy_n(codes, filters, to);
      return;
    }
    for (int f = 0; f < filters; ++f) {
      const bool replaces = smallest[channel + f] != 0 ? codes[f] < to[f] : codes[f] > to[f];
      if (replaces) to[f] = codes[f];
    }
  }
};

}  // namespace minnow::kernels
