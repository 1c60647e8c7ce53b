#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/xnor_count.hpp>
#include <minnow/kernels/xnor_region.hpp>

/// Products of bit and ternary codes on SIMD batches: a few pixels by one or two blocks of 16 filters, a filter a lane.
///
/// Lanes are filters, so a word of inputs is broadcast, a row of weights is one load, and no sum crosses lanes. K runs
/// innermost and the counts stay in registers.
///
/// Let a and w have bit 1 for +1 and 0 for -1, and z, n bit 1 where an input, a weight is not zero.
///
/// bit x bit          A product is -1 where the bits differ, so with d = popcount(a ^ w) over K inputs the sum is
///                    (K - d) - d = K - 2d.
/// bit x ternary      Only the weights with n = 1 count, and d = popcount(n & (a ^ w)) of them give -1: the sum is
///                    popcount(n) - 2d. popcount(n) is a constant of the filter over the taps inside the image: it is
///                    counted before the first tile of a region, or along with the only one.
/// ternary x bit      The same with the input's plane: popcount(z) - 2d, d = popcount(z & (a ^ w)). popcount(z)
///                    belongs to the window and is the same for all filters.
/// ternary x ternary  Both planes must be set: m = z & n, popcount(m) - 2 popcount(m & (a ^ w)). popcount(m) depends
///                    on both and is counted too.
///
/// cost, operations per 512 bits with a counter of 2 (popcount, add): 3, 3, 3 and 6
namespace minnow::kernels::detail {

/// Blocks of a panel. AVX-512 has registers for 4 pixels by 2 blocks, each block one vector; of AVX2's 16, the counts
/// of 4 pixels by 1 block take 8.
template <class Arch>
struct xnor_panel {
  static constexpr int blocks = 2;
};
template <>
struct xnor_panel<xsimd::avx2> {
  static constexpr int blocks = 1;
};

template <encoding In, encoding Weights, class Arch>
struct xnor_kernel {
  static_assert(In == encoding::bit || In == encoding::ternary, "minnow: xnor takes bit or ternary inputs");
  static_assert(Weights == encoding::bit || Weights == encoding::ternary, "minnow: xnor takes bit or ternary weights");

  using counter = bit_counter<Arch>;
  using words = typename counter::words;
  static constexpr int lanes = static_cast<int>(words::size);
  static constexpr int vectors = block_filters / lanes;  // of one block
  static constexpr int input_planes = kernels::input_planes<In>();
  static constexpr int weight_planes = kernels::weight_planes<Weights>();
  static constexpr bool both_ternary = In == encoding::ternary && Weights == encoding::ternary;
  static constexpr bool counts_windows = In == encoding::ternary && Weights == encoding::bit;

  /// Blocks that are computed together.
  template <int Blocks>
  struct panel {
    const word* weights[Blocks];
    int filters;  // of a single block; two are always whole
    word* sums;   // of pixel 0, block 0
    int stride;   // from one pixel's sums to the next
    int block;    // the first

    /// Words from one row of weights to the next: a constant for whole blocks, shorter in a last one.
    [[nodiscard]] int row() const noexcept { return Blocks > 1 ? block_filters : filters; }
  };

  /// What is subtracted from: sum = base - 2 differences. The part that does not depend on the pixel.
  template <int Blocks>
  struct base {
    words of[Blocks * vectors];
  };

  static words load(const word* at) noexcept { return words::load_unaligned(at); }

  /// 1 bits in the lanes below `filters`, from vector v of a block on.
  static words lane_mask(int filters, int v) noexcept {
    alignas(64) static constexpr word ones_then_zeros[2 * block_filters] = {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u,
                                                                            ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u};
    return load(ones_then_zeros + block_filters - filters + v * lanes);
  }

  /// The number of inputs inside the image, or of weights there that are not zero.
  template <bool Only, int Blocks>
  static base<Blocks> base_of(const region& r, const panel<Blocks>& p) noexcept {
    base<Blocks> result;
    if constexpr (Weights == encoding::bit) {
      for (words& b : result.of) b = words(In == encoding::bit ? static_cast<word>(r.valid_inputs()) : 0);
    } else {
      const int row = p.row();
      for (int b = 0; b < Blocks; ++b) {
        for (int v = 0; v < vectors; ++v) {
          words total(word{0});
          if constexpr (In == encoding::bit && !Only) {
            for (int ky = 0; ky < r.rows(); ++ky) {
              const word* w =
                  p.weights[b] + (r.weight_step() + ky * r.weight_row_steps()) * weight_planes * row + v * lanes;
              for (int left = r.segment_steps(); left > 0;) {
                const int steps = left < counter::capacity ? left : counter::capacity;
                words counts(word{0});
                for (int i = 0; i < steps; ++i, w += weight_planes * row) counts = counter::count(counts, load(w));
                total += counter::widen(counts);
                left -= steps;
              }
            }
          }
          result.of[b * vectors + v] = total;
        }
      }
    }
    return result;
  }

  /// The sums of pixels i … i + Pixels - 1 of a region with the filters of a panel. `Only` says that no other tile
  /// shares the base, so that the part of it that is popcount(n) is left to the tile.
  template <int Pixels, bool Only, int Blocks>
  static void tile(const region& r, const panel<Blocks>& p, const base<Blocks>& from, const word* inputs, int i,
                   int first_row) noexcept {
    constexpr int width = Blocks * vectors;
    constexpr bool counts_weights = Only && In == encoding::bit && Weights == encoding::ternary;
    words differences[Pixels][width];
    words narrow[Pixels][width];
    // popcount(z & n) of ternary x ternary, popcount(n) in the first row of a tile that counts weights
    words common[Pixels][width];
    words narrow_common[Pixels][width];
    const int row = p.row();

    const word* a[Pixels];
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q) {
      a[q] = inputs + r.input_step(i + q) * input_planes;
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) {
        differences[q][v] = common[q][v] = narrow[q][v] = narrow_common[q][v] = words(word{0});
      }
    }

    int used = 0;  // calls of count since the narrow counts were last empty
    const auto widen = [&] {
#pragma GCC unroll 8
      for (int q = 0; q < Pixels; ++q) {
#pragma GCC unroll 8
        for (int v = 0; v < width; ++v) {
          differences[q][v] += counter::widen(narrow[q][v]);
          narrow[q][v] = words(word{0});
          if (both_ternary || (counts_weights && q == 0)) {
            common[q][v] += counter::widen(narrow_common[q][v]);
            narrow_common[q][v] = words(word{0});
          }
        }
      }
      used = 0;
    };

    for (int ky = 0; ky < r.rows(); ++ky) {
      const std::ptrdiff_t input_offset = ky * r.input_row_steps() * input_planes;
      const std::ptrdiff_t weight_offset = (r.weight_step() + ky * r.weight_row_steps()) * weight_planes * row;
      for (int step = 0; step < r.segment_steps();) {
        const int left = r.segment_steps() - step;
        const int last = step + (left < counter::capacity - used ? left : counter::capacity - used);
        used += last - step;
        for (; step < last; ++step) {
          const std::ptrdiff_t at = input_offset + static_cast<std::ptrdiff_t>(step) * input_planes;
#pragma GCC unroll 8
          for (int v = 0; v < width; ++v) {
            const word* w = p.weights[v / vectors] + weight_offset +
                            static_cast<std::ptrdiff_t>(step) * weight_planes * row + v % vectors * lanes;
            const words first = load(w);
            if constexpr (counts_weights) narrow_common[0][v] = counter::count(narrow_common[0][v], first);
#pragma GCC unroll 8
            for (int q = 0; q < Pixels; ++q) {
              if constexpr (In == encoding::bit && Weights == encoding::bit) {
                narrow[q][v] = counter::count(narrow[q][v], first ^ words(a[q][at]));
              } else if constexpr (In == encoding::bit) {
                const words positive = load(w + row);
                narrow[q][v] =
                    counter::count(narrow[q][v], counter::masked_difference(first, words(a[q][at]), positive));
              } else if constexpr (Weights == encoding::bit) {
                const words difference = counter::masked_difference(words(a[q][at]), words(a[q][at + 1]), first);
                narrow[q][v] = counter::count(narrow[q][v], difference);
              } else {
                const words both = first & words(a[q][at]);
                const words difference = counter::masked_difference(both, words(a[q][at + 1]), load(w + row));
                narrow[q][v] = counter::count(narrow[q][v], difference);
                narrow_common[q][v] = counter::count(narrow_common[q][v], both);
              }
            }
          }
        }
        if (used == counter::capacity) widen();
      }
    }
    widen();

#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q) {
      word* pixel = p.sums + r.output_pixel(i + q, first_row) * p.stride;
      word* to = pixel + p.block * block_filters;
      words window(word{0});
      if constexpr (counts_windows) window = words(pixel[p.stride - block_filters]);
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) {
        const words counted = common[both_ternary ? q : 0][v];
        words result = from.of[v] + window + counted - (differences[q][v] + differences[q][v]);
        if constexpr (Blocks == 1) result &= lane_mask(p.filters, v);
        result.store_unaligned(to + v * lanes);
      }
    }
  }

  /// Ternary x bit needs popcount(z) of a window in every panel. It waits in the first lane of the pixel's last block,
  /// which the last panel reads before it writes there: so it is counted once and needs no memory of its own.
  static void count_windows(const region& r, const word* inputs, word* sums, int stride, int first_row) noexcept {
    for (int i = 0; i < r.pixels(); ++i) {
      word total = 0;
      for (int ky = 0; ky < r.rows(); ++ky) {
        const word* z = inputs + (r.input_step(i) + ky * r.input_row_steps()) * input_planes;
        total += non_zeros(z, r.segment_steps());
      }
      sums[r.output_pixel(i, first_row) * stride + stride - block_filters] = total;
    }
  }

  /// Bits of the first plane in `steps` pairs of words.
  static word non_zeros(const word* z, int steps) noexcept {
    const words first_plane(
        xsimd::bitwise_cast<word>(xsimd::batch<std::uint64_t, typename words::arch_type>(0xffffffffu)));
    constexpr int at_once = lanes / 2;
    words sum(word{0});
    while (steps >= at_once) {
      words counts(word{0});
      for (int n = 0; n < counter::capacity && steps >= at_once; ++n, steps -= at_once, z += lanes) {
        counts = counter::count(counts, load(z) & first_plane);
      }
      sum += counter::widen(counts);
    }
    alignas(64) word of_lanes[lanes];
    sum.store_aligned(of_lanes);
    word total = 0;
    for (const word lane : of_lanes) total += lane;
    for (; steps > 0; --steps, z += 2) total += static_cast<word>(std::popcount(*z));
    return total;
  }

  /// All pixels of a region with one panel, in the largest tiles that fit.
  template <int Blocks>
  static void cover(const region& r, const panel<Blocks>& p, const word* inputs, int first_row) noexcept {
    const int pixels = r.pixels();
    // Most often one pixel: a corner, or a dense layer.
    if (pixels == 1) return tile<1, true>(r, p, base_of<true>(r, p), inputs, 0, first_row);
    const base<Blocks> from = base_of<false>(r, p);
    int i = 0;
    for (; i + 4 <= pixels; i += 4) tile<4, false>(r, p, from, inputs, i, first_row);
    if (i + 2 <= pixels) {
      tile<2, false>(r, p, from, inputs, i, first_row);
      i += 2;
    }
    if (i < pixels) tile<1, false>(r, p, from, inputs, i, first_row);
  }

  /// Panels outside, so that their weights stay in the first cache, pixels inside.
  static void run(const geometry& g, const word* inputs, const word* weights, word* sums, int first_row,
                  int last_row) noexcept {
    const int filters = g.out.channels;
    const int stride = sum_stride(filters);
    const std::ptrdiff_t block_words =
        static_cast<std::ptrdiff_t>(weight_block_bytes<In, Weights>(g, block_filters) / sizeof(word));
    if constexpr (counts_windows) {
      for_each_region(g, first_row, last_row,
                      [&](const region& r) { count_windows(r, inputs, sums, stride, first_row); });
    }
    int block = 0;
    if constexpr (xnor_panel<Arch>::blocks == 2) {
      for (; (block + 2) * block_filters <= filters; block += 2) {
        const word* first = weights + block * block_words;
        const panel<2> pair{{first, first + block_words}, block_filters, sums, stride, block};
        for_each_region(g, first_row, last_row, [&](const region& r) { cover(r, pair, inputs, first_row); });
      }
    }
    for (; block < blocks(filters); ++block) {
      const panel<1> single{{weights + block * block_words}, filters_of(filters, block), sums, stride, block};
      for_each_region(g, first_row, last_row, [&](const region& r) { cover(r, single, inputs, first_row); });
    }
  }
};

}  // namespace minnow::kernels::detail
