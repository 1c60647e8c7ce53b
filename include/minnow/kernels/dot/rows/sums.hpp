#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/index.hpp>
#include <minnow/kernels/dot/isa_base.hpp>
#include <minnow/kernels/dot/rows/fields.hpp>
#include <minnow/kernels/dot/rows/neon.hpp>
#include <minnow/kernels/dot/rows/pairs.hpp>
#include <minnow/kernels/dot/tile.hpp>
#include <minnow/kernels/dot/weights.hpp>

/// The inner loops of products of a few pixels by weights in fields (rows/fields.hpp). Each lane is a filter.
///
/// A step loads 64 bytes v of a block and computes t = v >> 4. The lower half of the fields is extracted from v and the
/// upper half from t, so an extracted field is at most 15. The top bit of a byte would make a code negative.
namespace minnow::kernels::detail {

/// The steps of a window for a panel of `Blocks` blocks.
struct field_window {
  const std::byte* weights;
  std::ptrdiff_t next_block;  ///< bytes from one block of weights to the next
  int steps;
};

template <class Isa, int Bits>
struct field_tiles {
  using numbers = typename Isa::numbers;
  static constexpr int vectors = dot_tiles<Isa>::vectors;
  static constexpr int fields = 8 / Bits;
  static constexpr int half = fields / 2;
  using sum = field_sum<Isa, Bits>;
  /// Number of accumulators, which take half of the vector registers.
  static constexpr int most_sums = Isa::registers / 2 / static_cast<int>(sizeof(sum) / sizeof(numbers));
  /// Number of blocks in a panel. Two blocks share the broadcasts of inputs.
  static constexpr int blocks = vectors == 1 ? 2 : 1;

  /// The largest number of pixels of a tile: 8, 4, 2 or 1.
  static constexpr int pixels = [] {
    int most = most_field_pixels;
    while (most > 1 && most * blocks * vectors > most_sums) most /= 2;
    return most;
  }();

  /// The number of scales of fields with separate sums, for a tile of `size` vectors of results: 1 if fields are shifted.
  [[nodiscard]] static constexpr int scales_of(int size) noexcept { return size * half <= most_sums ? half : 1; }
  /// The number of sums that take turns for each result. Additions of 16 bits take one cycle and need only one sum.
  [[nodiscard]] static constexpr int chains_of(int size) noexcept {
    return !Isa::adds_pairs && size * scales_of(size) * 2 <= most_sums ? 2 : 1;
  }

  /// Computes the products A of inputs and codes (field_code in rows/fields.hpp).
  ///
  /// If there are enough registers, fields are not shifted to the lowest bits: each field then has separate sums, which
  /// are shifted once at the end of a period. With two chains the sums of the lower and the upper half of the fields
  /// are separate, too, so that successive additions do not wait for each other.
  ///
  /// inputs   for each pixel, Isa::quad_size bytes for each quad of all steps
  /// counts   [Pixels][Blocks · vectors]
  template <int Pixels, int Blocks>
  [[gnu::noinline]] static void count(const field_window& w, const std::byte* const* inputs, numbers* counts) noexcept {
    constexpr int width = Blocks * vectors;
    constexpr int scales = scales_of(Pixels * width);
    constexpr int chains = chains_of(Pixels * width);
    constexpr auto repeated = [](int bits) {
      return static_cast<std::int32_t>(0x01010101u * static_cast<unsigned>(bits));
    };
    constexpr int lowest = (1 << Bits) - 1;
    numbers masks[index(half)];
#pragma GCC unroll 4
    for (int j = 0; j < half; ++j) masks[j] = numbers(repeated(lowest << (scales > 1 ? Bits * j : 0)));
    for (int i = 0; i < Pixels * width; ++i) counts[i] = numbers(0);
    for (std::ptrdiff_t first = 0; first < w.steps; first += sum::period) {
      const std::ptrdiff_t last = first + sum::period < w.steps ? first + sum::period : w.steps;
      sum sums[index(Pixels)][2][index(half)][index(width)];
#pragma GCC unroll 8
      for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 2
        for (int c = 0; c < chains; ++c)
#pragma GCC unroll 4
          for (int j = 0; j < scales; ++j)
#pragma GCC unroll 8
            for (int v = 0; v < width; ++v) sums[q][c][j][v].clear();
      for (std::ptrdiff_t step = first; step < last; ++step) {
        numbers bytes[2][index(width)];
#pragma GCC unroll 8
        for (int v = 0; v < width; ++v) {
          const std::byte* at = w.weights + (v / vectors) * w.next_block + step * quad_bytes +
                                v % vectors * static_cast<int>(sizeof(numbers));
          if (v % vectors == 0) __builtin_prefetch(at + fetched_ahead);
          bytes[0][v] = numbers::load_aligned(reinterpret_cast<const std::int32_t*>(at));
          bytes[1][v] = bytes[0][v] >> 4;
        }
#pragma GCC unroll 2
        for (int part = 0; part < 2; ++part)
#pragma GCC unroll 4
          for (int j = 0; j < half; ++j) {
            numbers codes[index(width)];
#pragma GCC unroll 8
            for (int v = 0; v < width; ++v)
              codes[v] = (scales > 1 || j == 0 ? bytes[part][v] : bytes[part][v] >> (Bits * j)) & masks[j];
#pragma GCC unroll 8
            for (int q = 0; q < Pixels; ++q) {
              const auto quad = broadcast_inputs<Isa>(inputs[q] + Isa::quad_size * (fields * step + part * half + j));
#pragma GCC unroll 8
              for (int v = 0; v < width; ++v) sums[q][part % chains][j % scales][v].add(quad, codes[v]);
            }
          }
      }
#pragma GCC unroll 8
      for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 2
        for (int c = 0; c < chains; ++c)
#pragma GCC unroll 4
          for (int j = 0; j < scales; ++j)
#pragma GCC unroll 8
            for (int v = 0; v < width; ++v) counts[q * width + v] += sums[q][c][j][v].settle() >> (Bits * j);
    }
  }

private:
  /// Hardware prefetching stops at the end of a page.
  static constexpr int fetched_ahead = 4096;
};

}  // namespace minnow::kernels::detail
