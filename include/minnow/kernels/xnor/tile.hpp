#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/tile.hpp>
#include <minnow/kernels/xnor/count.hpp>
#include <minnow/kernels/xnor/pairs.hpp>
#include <minnow/kernels/xnor/prepare.hpp>
#include <minnow/kernels/xnor/tile_size.hpp>

/// XNOR products on SIMD batches: a tile is a few pixels by one or two blocks of 16 filters, and each lane is a filter.
///
/// Because lanes are filters, a word of inputs is broadcast from memory, a row of weights is one load, and no sum
/// crosses lanes. The loop over the inputs of a window is the innermost, and the counts stay in registers.
/// xnor/pairs.hpp defines what is counted. The outer loop is over panels (one or two blocks of filters), whose weights
/// stay in the L1 cache; the inner loop is over pixels. A tap is one position of the convolution kernel.
namespace minnow::kernels::detail {

template <encoding In, encoding Weights, class Arch>
struct xnor_kernel {
  using pair = xnor_pair<In, Weights, Arch>;
  using state = typename pair::state;
  using words = typename bit_counter<Arch>::words;
  using numbers = xsimd::batch<std::int32_t, typename words::arch_type>;
  using counts = counts_of<pair::factor, numbers>;
  static constexpr int lanes = static_cast<int>(words::size);
  static constexpr int vectors = block_filters / lanes;  // of one block
  static constexpr int most_blocks = xnor_tile_size<Arch>::blocks;
  static constexpr int most_pixels = std::min(
      8, xnor_tile_size<Arch>::batches / (most_blocks * vectors * static_cast<int>(sizeof(state) / sizeof(words))));
  static constexpr int input_planes = kernels::input_planes<In>();
  static constexpr int weight_planes = kernels::weight_planes<Weights>();

  /// The weights of the blocks of 16 filters that are computed together.
  template <int Blocks>
  struct panel {
    const word* weights[index(Blocks)];
    int filters;  // number of filters of a single block; two blocks always have 16 each

    /// Words from one row of weights to the next: the constant 16 for two blocks, the number of filters for a single
    /// block.
    [[nodiscard]] int row() const noexcept { return Blocks > 1 ? block_filters : filters; }
  };

  static words load(const word* at) noexcept { return words::load_unaligned(at); }

  /// The layout of the steps of a region's windows, in words: `rows` rows, each of `runs` runs of `steps` contiguous
  /// steps.
  struct window {
    int rows;
    int runs;
    int steps;
    std::ptrdiff_t input_gap;  // distance from the end of a row to the start of the next
    std::ptrdiff_t weight_gap;
    const std::int32_t* non_zeros;  // number of inputs that are not 0 in each output pixel's window, for ternary x bit
    int out_width;
  };

  /// Returns true if the kernel uses pairs of words and a pixel has an odd number of words. Each tap is then a separate
  /// run of steps, with the unpaired last word after the pairs.
  static bool is_odd(const region& r) noexcept { return pair::channel_words == 2 && r.pixel_steps % 2 != 0; }

  static window window_of(const region& r, int row, const std::int32_t* non_zeros) noexcept {
    return {r.rows(),
            is_odd(r) ? r.x.taps() : 1,
            (is_odd(r) ? r.pixel_steps : r.segment_steps()) / pair::channel_words,
            (r.input_row_steps() - r.segment_steps()) * input_planes,
            (r.weight_row_steps() - r.segment_steps()) * weight_planes * row,
            non_zeros,
            r.g.out.width};
  }

  /// Adds `steps` contiguous steps to a tile. Each step has `Rows` rows of weights, read from `weight` on, and `Words`
  /// words of inputs, read from `input` on. The odd last word of a pixel forms a pair by itself: its partner is 0, and
  /// (w0, w0 ^ 0) is (w0, w0).
  ///
  /// The weights of a step and the inputs of a pixel stay in registers for all their uses. Broadcasting the inputs from
  /// memory again for each block cost 5 % of the speed (AVX-512 VPOPCNTDQ) and 15 % (AVX-512BW) on a processor with
  /// 256-bit vector ports.
  template <int Rows, int Words, int Pixels, int Blocks>
  [[gnu::always_inline]] static void add_steps(state (&tile)[index(Pixels)][index(Blocks * vectors)],
                                               const word* const (&inputs)[index(Pixels)],
                                               const word* const (&weights)[index(Blocks)], std::ptrdiff_t& input,
                                               std::ptrdiff_t& weight, int row, int steps) noexcept {
    constexpr int width = Blocks * vectors;
    constexpr int pair_rows = pair::channel_words * weight_planes;
    constexpr int pair_words = pair::channel_words * input_planes;
    for (const std::ptrdiff_t end = input + static_cast<std::ptrdiff_t>(steps) * Words; input != end;
         input += Words, weight += static_cast<std::ptrdiff_t>(Rows) * row) {
      words w[index(width)][index(pair_rows)];
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) {
        const word* at = weights[v / vectors] + weight + v % vectors * lanes;
#pragma GCC unroll 2
        for (int i = 0; i < pair_rows; ++i) {
          w[v][i] = load(at + (i < Rows ? i : 0) * row);
          hold(w[v][i]);
        }
      }
#pragma GCC unroll 8
      for (int q = 0; q < Pixels; ++q) {
        const word* from = inputs[q] + input;
        words a[index(pair_words)];
#pragma GCC unroll 2
        for (int i = 0; i < pair_words; ++i) {
          a[i] = words(from[i < Words ? i : 0]);
          hold(a[i]);
        }
#pragma GCC unroll 8
        for (int v = 0; v < width; ++v) pair::add(tile[q][v], w[v], a);
      }
    }
  }

  template <int Pixels, int Width>
  [[gnu::always_inline]] static void make_room(state (&tile)[index(Pixels)][index(Width)], int& room) noexcept {
    if (room > 0) return;
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 8
      for (int v = 0; v < Width; ++v) tile[q][v].widen();
    room = bit_counter<Arch>::capacity;
  }

  /// Computes the counts of some windows for the filters of a panel.
  ///
  /// Short sums are dominated by the epilogue, in which the sink processes the counts: 4 to 8 cycles for each vector of
  /// a pixel. The vector ports explain 3 of these cycles (the last count, its doubling, the comparison, the move of the
  /// mask to a general register). With two 512-bit ports, one of which executes popcounts, a step of one word takes
  /// 1.25 cycles for 1 x 1 bits, 1.5 for 1 x 2 and for 2 x 1, and 2.5 for 2 x 2. For windows of 1152 inputs, which are
  /// 36 steps, that is 45, 54 and 90 cycles plus the epilogue, so the expected speed is 0.85 to 0.96 of the speed
  /// without the epilogue (docs/measured.md has measured ratios). Tiles of 6 and 8 pixels instead of 4 do not reduce
  /// the epilogue's part of the time, because the epilogue grows with the tile.
  ///
  /// Processors whose ports take 512 bits as two halves reach 277 to 305 MACs per cycle at 1 x 1 bits, instead of the
  /// 410 that steps of 1.25 cycles would give. On these processors, a loop that only does the operations of 1 x 1 bits
  /// (five for two words: xor, parity, carry, popcount, add) took 3.13 cycles for two words instead of 2.5. Logic
  /// operations reach their full rate there only if their operands come from registers.
  ///
  /// Not inlined, so that all sinks share one copy. Inlined copies would be most of the compiled code of a network.
  ///
  /// Keep few scalars live across the inner loop. g++ keeps scalars that do not fit the general registers in vector
  /// registers, and the end of the loop then waits for a vector port.
  template <bool Odd, int Pixels, int Blocks>
  [[gnu::noinline]] static void count(const window& window, const word* inputs, const cursor (&pixels)[index(Pixels)],
                                      const word* const (&weights)[index(Blocks)], int row,
                                      numbers (&counts)[index(Pixels)][index(Blocks * vectors)]) noexcept {
    constexpr int width = Blocks * vectors;
    constexpr int rows = pair::channel_words * weight_planes;
    constexpr int words = pair::channel_words * input_planes;
    if constexpr (Blocks > 1) row = block_filters;
    const word* a[index(Pixels)];
    const word* w[index(Blocks)];
    state tile[index(Pixels)][index(width)];
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q) {
      a[q] = inputs + pixels[q].input * input_planes;
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) tile[q][v].clear();
    }
#pragma GCC unroll 2
    for (int b = 0; b < Blocks; ++b) w[b] = weights[b];

    std::ptrdiff_t input = 0;
    std::ptrdiff_t weight = 0;
    int room = bit_counter<Arch>::capacity;
    for (int ky = window.rows; ky > 0; --ky, input += window.input_gap, weight += window.weight_gap) {
      for (int run = Odd ? window.runs : 1; run > 0; --run) {
        if constexpr (bit_counter<Arch>::is_narrow) {
          for (int left = window.steps; left > 0;) {
            const int steps = left < room ? left : room;
            add_steps<rows, words, Pixels, Blocks>(tile, a, w, input, weight, row, steps);
            left -= steps;
            make_room<Pixels, width>(tile, room -= steps);
          }
        } else {
          add_steps<rows, words, Pixels, Blocks>(tile, a, w, input, weight, row, window.steps);
        }
        if constexpr (Odd) {
          add_steps<weight_planes, input_planes, Pixels, Blocks>(tile, a, w, input, weight, row, 1);
          if constexpr (bit_counter<Arch>::is_narrow) make_room<Pixels, width>(tile, room -= 1);
        }
      }
    }
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q) {
      numbers off(0);
      if constexpr (pair::counts_inputs) off = numbers(window.non_zeros[pixels[q].y * window.out_width + pixels[q].x]);
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) {
        counts[q][v] = xsimd::bitwise_cast<std::int32_t>(pair::count(tile[q][v]));
        if constexpr (pair::counts_inputs) counts[q][v] -= off;
      }
    }
  }

  /// Computes the counts of one panel in all regions, and hands them to the sink.
  template <int Blocks, class Sink>
  static void cover(const geometry& g, const panel<Blocks>& p, int block, const word* inputs, const std::int32_t* table,
                    const std::int32_t* windows, int first_row, int last_row, const Sink& sink) noexcept {
    constexpr int width = Blocks * vectors;
    const int channel = block * block_filters;
    for_each_region(g, first_row, last_row, channel_words(g.in.channels), [&](const region& r) {
      numbers base[index(width)];
      if constexpr (pair::counts_weights) {
        alignas(64) std::int32_t sums[index(Blocks * block_filters)];
        add_taps(r, table, sum_stride(g.out.channels), channel, Blocks * block_filters, sums);
        for (int v = 0; v < width; ++v) base[v] = numbers::load_aligned(sums + v * lanes);
      } else {
        for (numbers& b : base) b = numbers(pair::counts_inputs ? 0 : r.valid_inputs());
      }
      const window steps = window_of(r, p.row(), windows);
      const word* weights[index(Blocks)];
      for (int b = 0; b < Blocks; ++b) weights[b] = p.weights[b] + r.weight_step() * weight_planes * p.row();
      const auto results =
          sink.template panel<pair::factor>(base, channel, Blocks > 1 ? Blocks * block_filters : p.filters);
      for_each_tile<most_pixels>(
          r, [&]<int Pixels>(std::integral_constant<int, Pixels>, const cursor(&pixels)[index(Pixels)]) {
            numbers counts[index(Pixels)][index(width)];
            if (is_odd(r))
              count<pair::channel_words == 2, Pixels, Blocks>(steps, inputs, pixels, weights, p.row(), counts);
            else count<false, Pixels, Blocks>(steps, inputs, pixels, weights, p.row(), counts);
            put_tile(results, pixels, Pixels, counts);
          });
    });
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    const auto* table = reinterpret_cast<const std::int32_t*>(o.prepared);
    const auto* inputs = reinterpret_cast<const word*>(o.inputs);
    std::int32_t* windows = nullptr;
    if constexpr (In == encoding::bit && Weights == encoding::bit) {
      const int_range read = g.y_axis().reached({first_row, last_row});
      const std::size_t skipped = index(read.first * g.in.width) * pixel_bytes<In>(g.in.channels);
      pair_pixels(o.inputs + skipped, read.size() * g.in.width, channel_words(g.in.channels), o.scratch + skipped);
      inputs = reinterpret_cast<const word*>(o.scratch);
    }
    if constexpr (pair::counts_inputs) {
      auto* counts = reinterpret_cast<std::int32_t*>(o.scratch);
      windows = counts + g.in.pixels();
      count_windows(g, o.inputs, counts, windows, first_row, last_row);
    }
    const int filters = g.out.channels;
    const auto* weights = reinterpret_cast<const word*>(o.weights);
    const auto block_words =
        static_cast<std::ptrdiff_t>(weight_block_bytes<In, Weights>(g, block_filters) / sizeof(word));
    int block = 0;
    if constexpr (most_blocks == 2) {
      for (; (block + 2) * block_filters <= filters; block += 2) {
        const word* first = weights + block * block_words;
        cover<2>(g, panel<2>{{first, first + block_words}, block_filters}, block, inputs, table, windows, first_row,
                 last_row, sink);
      }
    }
    for (; block < blocks(filters); ++block) {
      const panel<1> single{{weights + block * block_words}, filters_of(filters, block)};
      cover<1>(g, single, block, inputs, table, windows, first_row, last_row, sink);
    }
  }
};

}  // namespace minnow::kernels::detail
