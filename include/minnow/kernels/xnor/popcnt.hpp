#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/xnor/portable.hpp>

/// XNOR products for processors whose only popcount instruction counts the bits of 64-bit general registers.
namespace minnow::kernels::detail {

/// Counts the bits of two words of 32 channels at a time, combined in one 64-bit number. The words of a filter are
/// combined once for all pixels of a tile. For bit x bit, the second word w1 is first recovered from the stored pair
/// (w0, w0 ^ w1).
///
/// cost  3 operations per 64 bits and pixel for bit x bit, 4 for bit x ternary and ternary x bit, 7 for ternary x
///       ternary; in addition, a few operations per tile to combine words
template <encoding In, encoding Weights>
struct xnor_popcnt {
  using plain = xnor_portable<In, Weights>;
  using counts = plain_sums;
  static constexpr int input_planes = plain::input_planes;
  static constexpr int weight_planes = plain::weight_planes;
  static constexpr int tile_pixels = 4;

  template <int Planes>
  struct joined {
    std::uint64_t plane[index(Planes)];
  };

  /// Combines `Words` (1 or 2) words of 32 channels of each bit plane in 64 bits. The planes of one word of channels
  /// are `next_plane` words apart, and the words of channels are `next_word` words apart.
  template <int Words, int Planes>
  static joined<Planes> join(const word* at, std::ptrdiff_t next_plane, std::ptrdiff_t next_word) noexcept {
    joined<Planes> result;
#pragma GCC unroll 2
    for (int p = 0; p < Planes; ++p) {
      const word* from = at + p * next_plane;
      result.plane[p] =
          Words == 2 ? from[0] | static_cast<std::uint64_t>(from[next_word]) << 32 : std::uint64_t{from[0]};
    }
    return result;
  }

  /// Returns the excess of one step, the amount that it subtracts from the base (sum = base - excess), for ternary x
  /// ternary. For the other pairs it returns half of this amount, and count() doubles the total.
  static std::int32_t excess(const joined<input_planes>& a, const joined<weight_planes>& w) noexcept {
    if constexpr (In == encoding::bit && Weights == encoding::bit) {
      return std::popcount(a.plane[0] ^ w.plane[0]);
    } else if constexpr (In == encoding::bit) {
      return std::popcount(w.plane[0] & (a.plane[0] ^ w.plane[1]));
    } else if constexpr (Weights == encoding::bit) {
      return std::popcount(a.plane[0] & (a.plane[1] ^ w.plane[0]));
    } else {
      // The base is the number of weights that are not 0. Where the weight is not 0, a product of -1 subtracts 2 from
      // the base, and an input of 0 subtracts 1.
      const std::uint64_t both = a.plane[0] & w.plane[0];
      return std::popcount(both & (a.plane[1] ^ w.plane[1])) * 2 + std::popcount(w.plane[0] & ~a.plane[0]);
    }
  }

  template <int Words, int Pixels>
  static void add_step(const word* const (&a)[index(Pixels)], const word* w, int filters,
                       std::int32_t (&sums)[index(Pixels)]) noexcept {
    joined<weight_planes> weights =
        join<Words, weight_planes>(w, filters, static_cast<std::ptrdiff_t>(weight_planes) * filters);
    if constexpr (Words == 2 && plain::paired) weights.plane[0] ^= weights.plane[0] << 32;
#pragma GCC unroll 4
    for (int q = 0; q < Pixels; ++q) sums[q] += excess(join<Words, input_planes>(a[q], 1, input_planes), weights);
  }

  /// Computes the excess (base minus sum) of one filter for some pixels.
  template <int Pixels>
  static void count(const region& r, const word* const (&window)[index(Pixels)], const word* weights, int filters,
                    std::int32_t (&sums)[index(Pixels)]) noexcept {
#pragma GCC unroll 4
    for (int q = 0; q < Pixels; ++q) sums[q] = 0;
    for (int ky = 0; ky < r.rows(); ++ky)
      for (int kx = 0; kx < r.x.taps(); ++kx) {
        const std::ptrdiff_t step = ky * r.input_row_steps() + kx * r.pixel_steps;
        const word* w =
            weights + (r.weight_step() + ky * r.weight_row_steps() + kx * r.pixel_steps) * weight_planes * filters;
        const word* a[index(Pixels)];
#pragma GCC unroll 4
        for (int q = 0; q < Pixels; ++q) a[q] = window[q] + step * input_planes;
        int left = r.pixel_steps;
        for (; left >= 2; left -= 2) {
          add_step<2, Pixels>(a, w, filters, sums);
#pragma GCC unroll 4
          for (int q = 0; q < Pixels; ++q) a[q] += 2 * input_planes;
          w += 2 * weight_planes * filters;
        }
        if (left > 0) add_step<1, Pixels>(a, w, filters, sums);
      }
#pragma GCC unroll 4
    for (int q = 0; q < Pixels; ++q)
      if constexpr (!(In == encoding::ternary && Weights == encoding::ternary)) sums[q] *= 2;
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    plain::template run_tiles<tile_pixels>(
        g, o, first_row, last_row, sink,
        []<int Pixels>(std::integral_constant<int, Pixels>, const region& r, const word* const(&window)[index(Pixels)],
                       const word* weights, int filters, std::int32_t(&excess)[index(Pixels)][block_filters]) {
          for (int f = 0; f < filters; ++f) {
            std::int32_t of_filter[index(Pixels)];
            count<Pixels>(r, window, weights + f, filters, of_filter);
            for (int q = 0; q < Pixels; ++q) excess[q][f] = of_filter[q];
          }
        });
  }
};

}  // namespace minnow::kernels::detail
