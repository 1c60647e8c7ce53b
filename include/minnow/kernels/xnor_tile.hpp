#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/xnor_count.hpp>
#include <minnow/kernels/xnor_pairs.hpp>
#include <minnow/kernels/xnor_prepare.hpp>

/// XNOR products on SIMD batches: a few pixels by one or two blocks of 16 filters, a filter a lane.
///
/// Lanes are filters, so a word of inputs is broadcast from memory, a row of weights is one load, and no sum crosses
/// lanes. K runs innermost and the counts stay in registers; what is counted xnor_pairs.hpp says. Panels of filters go
/// outside, so that their weights stay in the first cache, pixels inside.
namespace minnow::kernels::detail {

/// The largest tile: pixels by blocks. AVX-512 has registers for the two batches of state of 4 x 2 counts; of AVX2's 16,
/// 2 pixels by 1 block take 12 at most (three batches of state), of NEON's 32 they take 24.
template <class Arch>
struct xnor_tile_size {
  static constexpr int pixels = 4;
  static constexpr int blocks = 2;
};
template <>
struct xnor_tile_size<xsimd::avx2> {
  static constexpr int pixels = 2;
  static constexpr int blocks = 1;
};
template <>
struct xnor_tile_size<xsimd::neon64> : xnor_tile_size<xsimd::avx2> {};

template <encoding In, encoding Weights, class Arch>
struct xnor_kernel {
  using pair = xnor_pair<In, Weights, Arch>;
  using state = typename pair::state;
  using words = typename bit_counter<Arch>::words;
  using numbers = xsimd::batch<std::int32_t, typename words::arch_type>;
  static constexpr int lanes = static_cast<int>(words::size);
  static constexpr int vectors = block_filters / lanes;  // of one block
  static constexpr int input_planes = kernels::input_planes<In>();
  static constexpr int weight_planes = kernels::weight_planes<Weights>();

  /// Blocks that are computed together.
  template <int Blocks>
  struct panel {
    const word* weights[Blocks];
    int filters;  // of a single block; two are always whole

    /// Words from one row of weights to the next: a constant for whole blocks, shorter in a last one.
    [[nodiscard]] int row() const noexcept { return Blocks > 1 ? block_filters : filters; }
  };

  static words load(const word* at) noexcept { return words::load_unaligned(at); }

  /// Adds `steps` steps to a tile: channel words side by side, `Rows` rows of weights and `Words` words of inputs each.
  /// An odd last word of a pixel is its own pair: its partner is 0, and (w0, w0 ^ 0) is (w0, w0).
  template <int Rows, int Words, int Pixels, int Blocks>
  [[gnu::always_inline]] static void add_steps(state (&tile)[Pixels][Blocks * vectors], const word* const (&inputs)[Pixels], const word* const (&weights)[Blocks],
                        int row, int steps) noexcept {
    constexpr int width = Blocks * vectors;
    constexpr int pair_rows = pair::channel_words * weight_planes;
    constexpr int pair_words = pair::channel_words * input_planes;
    for (int step = 0; step < steps; ++step) {
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) {
        const word* at = weights[v / vectors] + static_cast<std::ptrdiff_t>(step) * Rows * row + v % vectors * lanes;
        words w[pair_rows];
#pragma GCC unroll 2
        for (int i = 0; i < pair_rows; ++i) {
          w[i] = load(at + (i < Rows ? i : 0) * row);
          hold(w[i]);
        }
#pragma GCC unroll 8
        for (int q = 0; q < Pixels; ++q) {
          const word* from = inputs[q] + static_cast<std::ptrdiff_t>(step) * Words;
          words a[pair_words];
#pragma GCC unroll 2
          for (int i = 0; i < pair_words; ++i) a[i] = words(from[i < Words ? i : 0]);
          pair::add(tile[q][v], w, a);
        }
      }
    }
  }

  template <int Pixels, int Width>
  [[gnu::always_inline]] static void widen(state (&tile)[Pixels][Width]) noexcept {
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 8
      for (int v = 0; v < Width; ++v) tile[q][v].widen();
  }

  /// The counts of some pixels of a region with the filters of a panel. One body for all sinks: inlined into each of them
  /// it would be most of what a network compiles.
  template <int Pixels, int Blocks>
  [[gnu::noinline]] static void count(const region& r, const panel<Blocks>& p, const word* inputs, const cursor (&pixels)[Pixels],
                    numbers (&counts)[Pixels][Blocks * vectors]) noexcept {
    constexpr int width = Blocks * vectors;
    constexpr int capacity = bit_counter<Arch>::capacity;
    state tile[Pixels][width];
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) tile[q][v].clear();
    const int row = p.row();
    const word* window[Pixels];
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q) window[q] = inputs + r.input_step(pixels[q].y, pixels[q].x) * input_planes;

    // Words of one pixel pair up, so with an odd number of them each tap is a run of its own.
    const bool odd = pair::channel_words == 2 && r.pixel_steps % 2 != 0;
    const int run_steps = odd ? r.pixel_steps : r.segment_steps();
    const int runs = odd ? r.x.taps() : 1;
    int room = capacity;
    for (int ky = 0; ky < r.rows(); ++ky)
      for (int i = 0; i < runs; ++i) {
        const std::ptrdiff_t input_step = ky * r.input_row_steps() + i * run_steps;
        const std::ptrdiff_t weight_step = r.weight_step() + ky * r.weight_row_steps() + i * run_steps;
        const word* a[Pixels];
        const word* w[Blocks];
#pragma GCC unroll 8
        for (int q = 0; q < Pixels; ++q) a[q] = window[q] + input_step * input_planes;
#pragma GCC unroll 2
        for (int b = 0; b < Blocks; ++b) w[b] = p.weights[b] + weight_step * weight_planes * row;
        for (int left = run_steps / pair::channel_words; left > 0;) {
          const int steps = left < room ? left : room;
          add_steps<pair::channel_words * weight_planes, pair::channel_words * input_planes, Pixels, Blocks>(tile, a, w, row, steps);
          left -= steps;
          if constexpr (bit_counter<Arch>::is_narrow) {
            room -= steps;
            if (room == 0) {
              widen(tile);
              room = capacity;
            }
            const int done = steps * pair::channel_words;
#pragma GCC unroll 8
            for (int q = 0; q < Pixels; ++q) a[q] += done * input_planes;
#pragma GCC unroll 2
            for (int b = 0; b < Blocks; ++b) w[b] += static_cast<std::ptrdiff_t>(done) * weight_planes * row;
          }
        }
        if (odd) {
          const int last = run_steps - 1;
#pragma GCC unroll 8
          for (int q = 0; q < Pixels; ++q) a[q] = window[q] + (input_step + last) * input_planes;
#pragma GCC unroll 2
          for (int b = 0; b < Blocks; ++b) w[b] = p.weights[b] + (weight_step + last) * weight_planes * row;
          add_steps<weight_planes, input_planes, Pixels, Blocks>(tile, a, w, row, 1);
          if (--room == 0) {
            widen(tile);
            room = capacity;
          }
        }
      }
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) counts[q][v] = xsimd::bitwise_cast<std::int32_t>(pair::count(tile[q][v]));
  }

  /// One body for tiles of all sizes, for the same reason.
  template <class Panel, int Width>
  [[gnu::noinline]] static void put(const Panel& panel, const cursor* pixels, int size, const numbers (*counts)[Width]) noexcept {
    for (int q = 0; q < size; ++q) panel.put(pixels[q].y, pixels[q].x, counts[q]);
  }

  /// One panel over all regions.
  template <int Blocks, class Sink>
  static void cover(const geometry& g, const panel<Blocks>& p, int block, const word* inputs, const std::int32_t* table,
                    const std::int32_t* windows, int first_row, int last_row, const Sink& sink) noexcept {
    constexpr int width = Blocks * vectors;
    const int channel = block * block_filters;
    for_each_region(g, first_row, last_row, channel_words(g.in.channels), [&](const region& r) {
      numbers base[width];
      if constexpr (pair::counts_weights) {
        alignas(64) std::int32_t sums[Blocks * block_filters];
        add_taps(r, table, sum_stride(g.out.channels), channel, Blocks * block_filters, sums);
        for (int v = 0; v < width; ++v) base[v] = numbers::load_aligned(sums + v * lanes);
      } else {
        for (numbers& b : base) b = numbers(pair::counts_inputs ? 0 : r.valid_inputs());
      }
      const auto results = sink.template panel<pair::factor>(base, channel, Blocks > 1 ? Blocks * block_filters : p.filters);
      for_each_tile<xnor_tile_size<Arch>::pixels>(r, [&]<int Pixels>(std::integral_constant<int, Pixels>, const cursor(&pixels)[Pixels]) {
        numbers counts[Pixels][width];
        count<Pixels, Blocks>(r, p, inputs, pixels, counts);
        if constexpr (pair::counts_inputs) {
#pragma GCC unroll 8
          for (int q = 0; q < Pixels; ++q) {
            const numbers window(windows[pixels[q].y * g.out.width + pixels[q].x]);
#pragma GCC unroll 8
            for (int v = 0; v < width; ++v) counts[q][v] -= window;
          }
        }
        put(results, pixels, Pixels, counts);
      });
    });
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    const auto* table = reinterpret_cast<const std::int32_t*>(o.prepared);
    const auto* inputs = reinterpret_cast<const word*>(o.inputs);
    std::int32_t* windows = nullptr;
    if constexpr (In == encoding::bit && Weights == encoding::bit) {
      const row_range read = rows_reached(g, first_row, last_row);
      const int rows = read.last > read.first ? read.last - read.first : 0;
      const std::size_t skipped = static_cast<std::size_t>(read.first * g.in.width) * pixel_bytes<In>(g.in.channels);
      pair_pixels(o.inputs + skipped, rows * g.in.width, channel_words(g.in.channels), o.scratch + skipped);
      inputs = reinterpret_cast<const word*>(o.scratch);
    }
    if constexpr (pair::counts_inputs) {
      auto* counts = reinterpret_cast<std::int32_t*>(o.scratch);
      windows = counts + g.in.pixels();
      count_windows(g, o.inputs, counts, windows, first_row, last_row);
    }
    const int filters = g.out.channels;
    const auto* weights = reinterpret_cast<const word*>(o.weights);
    const auto block_words = static_cast<std::ptrdiff_t>(weight_block_bytes<In, Weights>(g, block_filters) / sizeof(word));
    int block = 0;
    if constexpr (xnor_tile_size<Arch>::blocks == 2) {
      for (; (block + 2) * block_filters <= filters; block += 2) {
        const word* first = weights + block * block_words;
        cover<2>(g, panel<2>{{first, first + block_words}, block_filters}, block, inputs, table, windows, first_row, last_row, sink);
      }
    }
    for (; block < blocks(filters); ++block) {
      const panel<1> single{{weights + block * block_words}, filters_of(filters, block)};
      cover<1>(g, single, block, inputs, table, windows, first_row, last_row, sink);
    }
  }
};

}  // namespace minnow::kernels::detail
