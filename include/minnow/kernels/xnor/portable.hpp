#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/tile.hpp>
#include <minnow/kernels/xnor/prepare.hpp>

/// The products of xnor/pairs.hpp in standard C++; that header derives the formulas. They are used on architectures
/// that have no other XNOR kernel. xnor/popcnt.hpp uses their outer loops with a popcount instruction for general
/// registers.
namespace minnow::kernels::detail {

/// Counts bits for sixteen filters in loops over filters, which compilers vectorize. Bits are counted in each byte of a
/// 32-bit lane. One step adds at most 8 to a byte, so 31 steps fit before the bytes are added up. For bit x bit and
/// ternary x ternary it is 15 steps, so that twice the counts and the counts of the last parity fit too.
///
/// cost  bit x bit about 17 operations per 64 bits, the other pairs 13 to 17 per 32 bits; one vector operation does
///       this for as many filters as it has lanes
template <encoding In, encoding Weights>
struct byte_counter {
  static constexpr bool chained = In == Weights;
  static constexpr int capacity = chained ? 15 : 31;

  word counts[block_filters] = {};
  word parity[block_filters] = {};
  std::int32_t totals[block_filters] = {};  ///< of the steps before the last call of widen()
  bool widened = false;

  /// Popcount of each byte: counts pairs of bits, then groups of four, then bytes.
  static constexpr word byte_counts(word x) noexcept {
    x -= x >> 1 & 0x55555555u;
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return (x + (x >> 4)) & 0x0f0f0f0fu;
  }
  /// Adds up the four bytes of a lane, as two 16-bit halves first, because the sum may reach 992 (4 · 31 · 8), which
  /// does not fit a byte.
  static constexpr std::int32_t add_bytes(word counts) noexcept {
    const word halves = (counts & 0x00ff00ffu) + (counts >> 8 & 0x00ff00ffu);
    return static_cast<std::int32_t>((halves & 0xffffu) + (halves >> 16));
  }

  /// Adds one step. For bit x bit, a0 is the first word of an input pair and a1 is the xor of its two words, or the
  /// second word if Separate is true, which says that the weights are not stored as pairs. Otherwise a0 and a1 are the
  /// planes of one input word.
  template <bool Separate = false>
  void add(word a0, word a1, const word* w0, const word* w1, int filters) noexcept {
    for (int f = 0; f < filters; ++f) {
      if constexpr (chained) {
        word x, next;
        if constexpr (In == encoding::bit) {
          x = w0[f] ^ a0;
          next = parity[f] ^ w1[f] ^ a1 ^ (Separate ? x : 0);
        } else {
          x = w0[f] & (w1[f] ^ a1);
          next = parity[f] ^ (w0[f] & ~a0);
        }
        counts[f] += byte_counts(x ^ ((parity[f] ^ x) & (parity[f] ^ next)));
        parity[f] = next;
      } else if constexpr (In == encoding::bit) {
        counts[f] += byte_counts(w0[f] & (w1[f] ^ a0));
      } else {
        counts[f] += byte_counts(a0 & (w0[f] ^ a1));
      }
    }
  }
  void widen() noexcept {
    for (int f = 0; f < block_filters; ++f) {
      totals[f] += add_bytes(counts[f]);
      counts[f] = 0;
    }
    widened = true;
  }
  /// Returns the excess: the amount by which the base exceeds the sum. It is -factor · v, with factor and v as in
  /// xnor/pairs.hpp. For ternary x bit, the term popcount(z) is missing, because run_tiles() adds it to the base.
  void finish(std::int32_t (&excess)[block_filters]) const noexcept {
    constexpr int scale = In == encoding::ternary && chained ? 1 : 2;
    for (int f = 0; f < block_filters; ++f)
      excess[f] = scale * add_bytes(chained ? 2 * counts[f] + byte_counts(parity[f]) : counts[f]);
    if (widened)
      for (int f = 0; f < block_filters; ++f) excess[f] += (chained ? 2 : 1) * scale * totals[f];
  }
};

template <encoding In, encoding Weights>
struct xnor_portable {
  using counts = plain_sums;

  static constexpr int input_planes = kernels::input_planes<In>();
  static constexpr int weight_planes = kernels::weight_planes<Weights>();
  static constexpr bool paired = In == encoding::bit && Weights == encoding::bit;

  /// Computes the base of a region's windows: the sum is the base minus the excess. For ternary x bit the base is 0,
  /// and run_tiles() adds the number of the window's inputs that are not 0.
  static void base_of(const region& r, const std::int32_t* table, int channel,
                      std::int32_t (&base)[block_filters]) noexcept {
    if constexpr (Weights == encoding::ternary) {
      add_taps(r, table, sum_stride(r.g.out.channels), channel, block_filters, base);
    } else {
      for (std::int32_t& b : base) b = In == encoding::bit ? r.valid_inputs() : 0;
    }
  }

  /// Computes the excess (base minus sum) of one pixel for the filters of one block.
  static void excess_of(const region& r, const word* window, const word* weights, int filters,
                        std::int32_t (&excess)[block_filters]) noexcept {
    if constexpr (paired && counts_in_registers) {
      if (r.rows() == 1 && r.x.taps() == 1) {
        const word* tap = weights + r.weight_step() * filters;
        if (r.pixel_steps == 1) return excess_of_words<1>(window, tap, filters, excess);
        if (r.pixel_steps == 2) return excess_of_words<2>(window, tap, filters, excess);
        if (r.pixel_steps == 4) return excess_of_words<4>(window, tap, filters, excess);
      }
    }
    if constexpr (paired)
      if (r.pixel_steps == 1) return separate_excess_of(r, window, weights, filters, excess);
    using counter = byte_counter<In, Weights>;
    counter c;
    int room = counter::capacity;
    for (int ky = 0; ky < r.rows(); ++ky) {
      const word* a = window + ky * r.input_row_steps() * input_planes;
      const word* w = weights + (r.weight_step() + ky * r.weight_row_steps()) * weight_planes * filters;
      int at = 0;  // index within the words of a pixel
      for (int left = r.segment_steps(); left > 0;) {
        // Second word of a pair. If the number of words is odd, the last word has no partner, which is equivalent to a
        // partner of 0.
        const bool two = paired && at + 1 < r.pixel_steps;
        const word second = paired ? (two ? a[0] ^ a[1] : a[0]) : a[input_planes - 1];
        const word* second_row = (paired ? two : weight_planes == 2) ? w + filters : w;
        // Compilers vectorize the loop only if its length is a constant.
        if (filters == block_filters) c.add(a[0], second, w, second_row, block_filters);
        else c.add(a[0], second, w, second_row, filters);
        const int done = two ? 2 : 1;
        a += done * input_planes;
        w += done * weight_planes * filters;
        left -= done;
        at = at + done == r.pixel_steps ? 0 : at + done;
        if (--room == 0) {
          c.widen();
          room = counter::capacity;
        }
      }
    }
    c.finish(excess);
  }

  /// The same for bit x bit and a window of one tap, with a filter's counts in registers.
  ///
  /// cost  42 operations per filter for 64 channels
  template <int Words>
  static void excess_of_words(const word* window, const word* weights, int filters,
                              std::int32_t (&excess)[block_filters]) noexcept {
    static_assert(Words == 1 || (Words % 2 == 0 && Words * word_bits < 256));
    word a[index(Words)];
    for (int k = 0; k < Words; ++k) a[k] = window[k];
    for (int f = 0; f < filters; ++f, ++weights) {
      word bytes = 0;
      if constexpr (Words == 1) {
        bytes = byte_counter<In, Weights>::byte_counts(weights[0] ^ a[0]);
      } else {
#pragma GCC unroll 4
        for (int k = 0; k < Words; k += 2) {
          const word first = weights[k * filters], both = weights[(k + 1) * filters];
          const word fours = fours_of(first ^ a[k]) + fours_of(both ^ first ^ a[k + 1]);
          bytes += (fours & 0x0f0f0f0fu) + (fours >> 4 & 0x0f0f0f0fu);
        }
      }
      excess[f] = static_cast<std::int32_t>(2 * (bytes * 0x01010101u >> 24));
    }
  }
  /// Popcount of each group of four bits.
  static constexpr word fours_of(word x) noexcept {
    x -= x >> 1 & 0x55555555u;
    return (x & 0x33333333u) + (x >> 2 & 0x33333333u);
  }
  /// True for processors on which compilers do not vectorize byte_counter.
#if (defined(__thumb__) && !defined(__ARM_FEATURE_MVE)) || (defined(__riscv) && !defined(__riscv_vector))
  static constexpr bool counts_in_registers = true;
#else
  static constexpr bool counts_in_registers = false;
#endif

  /// The same for pixels of one word: the words of two taps form a step.
  static void separate_excess_of(const region& r, const word* window, const word* weights, int filters,
                                 std::int32_t (&excess)[block_filters]) noexcept {
    using counter = byte_counter<In, Weights>;
    counter c;
    int room = counter::capacity;
    for (int ky = 0; ky < r.rows(); ++ky) {
      const word* a = window + ky * r.input_row_steps();
      const word* w = weights + (r.weight_step() + ky * r.weight_row_steps()) * filters;
      for (int left = r.segment_steps(); left > 0; left -= 2, a += 2, w += 2 * filters) {
        const auto add = [&](int count) {
          if (left == 1) c.add(a[0], a[0], w, w, count);
          else c.template add<true>(a[0], a[1], w, w + filters, count);
        };
        if (filters == block_filters) add(block_filters);
        else add(filters);
        if (--room == 0) {
          c.widen();
          room = counter::capacity;
        }
      }
    }
    c.finish(excess);
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    run_tiles<1>(g, o, first_row, last_row, sink,
                 [](std::integral_constant<int, 1>, const region& r, const word* const(&window)[1], const word* weights,
                    int filters,
                    std::int32_t(&excess)[1][block_filters]) { excess_of(r, window[0], weights, filters, excess[0]); });
  }

  /// Computes all pixels, in tiles of at most `Most` pixels, for all blocks of filters. count(size, region, windows,
  /// weights, filters, excess) computes the excess (base minus sum) of the pixels of a tile.
  template <int Most, class Sink, class Count>
  static void run_tiles(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink,
                        const Count& count) noexcept {
    const auto* inputs = reinterpret_cast<const word*>(o.inputs);
    const auto* table = reinterpret_cast<const std::int32_t*>(o.prepared);
    auto* counts = reinterpret_cast<std::int32_t*>(o.scratch);
    std::int32_t* windows = counts + g.in.pixels();
    constexpr bool counts_inputs = In == encoding::ternary && Weights == encoding::bit;
    if constexpr (counts_inputs) count_windows(g, o.inputs, counts, windows, first_row, last_row);
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      const auto* weights = reinterpret_cast<const word*>(o.weights + weight_block_offset<In, Weights>(g, block));
      const int filters = filters_of(g.out.channels, block);
      for_each_region(g, first_row, last_row, channel_words(g.in.channels), [&](const region& r) {
        std::int32_t base[block_filters];
        base_of(r, table, block * block_filters, base);
        for_each_tile<Most>(
            r, [&]<int Pixels>(std::integral_constant<int, Pixels> size, const cursor(&pixels)[index(Pixels)]) {
              const word* window[index(Pixels)];
              for (int q = 0; q < Pixels; ++q) window[q] = inputs + pixels[q].input * input_planes;
              std::int32_t sums[index(Pixels)][block_filters];
              count(size, r, window, weights, filters, sums);
              for (int q = 0; q < Pixels; ++q) {
                const std::int32_t of_window = counts_inputs ? windows[pixels[q].y * g.out.width + pixels[q].x] : 0;
                for (int f = 0; f < filters; ++f) sums[q][f] = base[f] + of_window - sums[q][f];
                sink.put(pixels[q].y, pixels[q].x, block * block_filters, filters, sums[q]);
              }
            });
      });
    }
  }
};

}  // namespace minnow::kernels::detail
