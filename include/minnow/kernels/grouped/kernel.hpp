#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/isa.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/grouped/isa.hpp>
#include <minnow/kernels/grouped/layout.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/tile.hpp>

/// The loops of a grouped convolution. Its inputs and weights are bytes or floats in the order of grouped/layout.hpp. A
/// panel of filters is one or two blocks of 16 filters that are computed together.
namespace minnow::kernels::detail {

/// Hands integer counts to a sink (sink/sink.hpp). The sum of a window is base + factor · count, where the base comes
/// from a table of the weights' sums.
template <class Isa, int Factor, class Sink>
struct grouped_codes {
  using numbers = typename Isa::numbers;

  const geometry& g;
  const std::int32_t* table;
  const Sink& sink;

  /// Panel of a sink (its constants for some filters), for counts that are not SIMD batches.
  struct plain_panel {
    const Sink* sink;
    int channel;
    int filters;
    std::int32_t base[block_filters];

    void put(int y, int x, const numbers (&counts)[1]) const noexcept {
      std::int32_t block[block_filters];
      for (int f = 0; f < block_filters; ++f) block[f] = base[f] + Factor * counts[0].lanes[f];
      sink->put(y, x, channel, filters, block);
    }
  };

  template <int Vectors>
  [[nodiscard]] auto panel(const region& r, int channel, int filters) const noexcept {
    if constexpr (std::is_same_v<Isa, portable_dot_isa>) {
      plain_panel result{&sink, channel, filters, {}};
      add_taps(r, table, sum_stride(g.out.channels), channel, block_filters, result.base);
      return result;
    } else {
      constexpr int lanes = static_cast<int>(numbers::size);
      alignas(64) std::int32_t sums[index(Vectors * lanes)];
      add_taps(r, table, sum_stride(g.out.channels), channel, Vectors * lanes, sums);
      numbers base[index(Vectors)];
      for (int v = 0; v < Vectors; ++v) base[v] = numbers::load_unaligned(sums + v * lanes);
      return sink.template panel<Factor>(base, channel, filters);
    }
  }
};

/// Stores sums of floats to memory.
template <class Isa>
struct grouped_floats {
  using numbers = typename Isa::numbers;

  const geometry& g;
  float* sums;
  int first_row;

  template <int Vectors>
  struct panel_of {
    const grouped_floats* to;
    int channel;

    void put(int y, int x, const numbers (&counts)[index(Vectors)]) const noexcept {
      const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(y - to->first_row) * to->g.out.width + x;
      for (int v = 0; v < Vectors; ++v)
        counts[v].store_unaligned(to->sums + pixel * sum_stride(to->g.out.channels) + channel +
                                  v * static_cast<int>(numbers::size));
    }
  };
  template <int Vectors>
  [[nodiscard]] panel_of<Vectors> panel(const region&, int channel, int) const noexcept {
    return {this, channel};
  }
};

/// Computes a grouped convolution. The outer loop is over panels of filters, for which inputs are reordered a few rows
/// at a time. The inner loop is over pixels.
template <class Isa, class Number>
struct grouped_kernel {
  using layout = grouped_layout<Number>;
  using word = typename layout::word;
  using numbers = typename Isa::numbers;
  static constexpr int lanes = static_cast<int>(numbers::size);
  static constexpr int block_vectors = block_filters / lanes;
  /// Number of pixels in a tile. The sums of a tile stay in registers.
  static constexpr int pixels = block_vectors == 1 ? 8 : block_vectors == 2 ? 4 : 2;
  /// Number of blocks of 16 filters that are computed together. If lanes share inputs, all these filters must belong to
  /// one group.
  static constexpr int most_blocks = block_vectors == 1 && !std::is_same_v<Isa, portable_dot_isa> ? 2 : 1;

  /// Number of filters of the widest panel.
  [[nodiscard]] static constexpr int widest(const geometry& g) noexcept {
    return std::min(most_blocks, blocks(g.out.channels)) * block_filters;
  }
  [[nodiscard]] static constexpr std::size_t image_bytes(const geometry& g) noexcept {
    return layout(g).image_bytes(widest(g));
  }

  /// Computes the output rows [first, last).
  ///
  /// regions   the geometry that defines the regions (region.hpp): g, or g with its columns of padding as part of the
  ///           image
  /// band      the unpacked map from input row `read.first` on
  /// weights   in the order of grouped_layout
  /// image     memory of image_bytes(g) bytes
  template <class Target>
  static void run(const geometry& g, const geometry& regions, const Number* band, int_range read, const word* weights,
                  word* image, int first, int last, const Target& target) noexcept {
    const call c{layout(g), regions, band, read, weights, image, first, last};
    if (c.l.spreads) cover_all<true>(c, target);
    else cover_all<false>(c, target);
  }

private:
  struct call {
    layout l;
    const geometry& regions;
    const Number* band;
    int_range read;
    const word* weights;
    word* image;
    int first;
    int last;
  };
  /// The layout of inputs and weights of a tile's windows.
  struct window {
    const word* inputs;
    const word* weights;
    std::ptrdiff_t next_pixel;
    std::ptrdiff_t next_step;
    std::ptrdiff_t next_input_row;
    std::ptrdiff_t next_weight_row;
    std::ptrdiff_t next_block;
    int rows;
    int steps;
  };

  template <bool Spreads, class Target>
  static void cover_all(const call& c, const Target& target) noexcept {
    int block = 0;
    const int filters = c.l.g.out.channels;
    if constexpr (most_blocks > 1)
      if (Spreads || c.l.filters % (most_blocks * block_filters) == 0)
        for (; (block + most_blocks) * block_filters <= filters; block += most_blocks)
          cover<Spreads, most_blocks>(c, block, target);
    for (; block < blocks(filters); ++block) cover<Spreads, 1>(c, block, target);
  }

  template <bool Spreads, int Blocks, class Target>
  static void cover(const call& c, int block, const Target& target) noexcept {
    constexpr int width = Blocks * block_filters;
    const geometry& g = c.l.g;
    const int channel = block * block_filters;
    const int filters = std::min(width, g.out.channels - channel);
    const auto of_inputs = c.l.panel_of(channel, width);
    const std::ptrdiff_t row_words = c.l.image_row_words(width), band_row = c.l.band_row_numbers();
    const int together = c.l.rows_together(widest(g));
    int_range had{0, 0};
    for (int first = c.first; first < c.last; first += together) {
      const int last = std::min(first + together, c.last);
      const int_range read = g.y_axis().reached({first, last});
      // Input rows that the previous output rows also read are already in `image`. These input rows are moved to its
      // start.
      const int common = (std::clamp)(had.last, read.first, read.last);
      if (common > read.first && read.first > had.first)
        std::copy_n(c.image + (read.first - had.first) * row_words, (common - read.first) * row_words, c.image);
      for (int y = common; y < read.last; ++y)
        c.l.put_inputs(c.band + (y - c.read.first) * band_row, of_inputs, c.image + (y - read.first) * row_words);
      had = read;
      for_each_region(c.regions, first, last, 1, [&](const region& r) {
        const auto panel = target.template panel<Blocks * block_vectors>(r, channel, filters);
        window w{c.image,
                 c.weights + block * c.l.block_words() + r.y.tap_first * c.l.weight_row_words(),
                 c.l.next_pixel(width),
                 c.l.next_step(width),
                 row_words,
                 c.l.weight_row_words(),
                 c.l.block_words(),
                 r.y.taps(),
                 c.l.row_steps};
        for (int y = r.y.first; y < r.y.last; ++y) {
          const std::ptrdiff_t top = g.y_axis().origin(y) + r.y.tap_first - read.first;
          w.inputs = c.image + (w.rows > 0 ? top * row_words : 0) + r.x.first * w.next_pixel;
          // With a distance known at compile time, compilers keep addresses out of vector registers.
          if (Spreads && w.next_pixel == width) row<Spreads, Blocks, width>(w, y, r.x, panel);
          else row<Spreads, Blocks, 0>(w, y, r.x, panel);
        }
      });
    }
  }

  /// Computes the pixels of a row.
  ///
  /// Distance   words from one pixel to the next, 0 if known only at run time
  template <bool Spreads, int Blocks, int Distance, class Panel>
  static void row(window w, int y, const detail::run& columns, const Panel& panel) noexcept {
    int x = columns.first;
    const auto tiles_of = [&]<int Pixels>(std::integral_constant<int, Pixels>) {
      for (; x + Pixels <= columns.last; x += Pixels, w.inputs += Pixels * w.next_pixel) {
        numbers counts[index(Pixels)][index(Blocks * block_vectors)];
        count<Spreads, Blocks, Pixels, Distance>(w, counts);
        cursor at[index(Pixels)];
        for (int p = 0; p < Pixels; ++p) at[p] = {y, x + p};
        put_tile(panel, at, Pixels, counts);
      }
    };
    tiles_of(std::integral_constant<int, pixels>{});
    if constexpr (pixels > 4) tiles_of(std::integral_constant<int, 4>{});
    if constexpr (pixels > 2) tiles_of(std::integral_constant<int, 2>{});
    tiles_of(std::integral_constant<int, 1>{});
  }

  template <bool Spreads, int Blocks, int Pixels, int Distance>
  [[gnu::noinline]] static void count(const window& w,
                                      numbers (&counts)[index(Pixels)][index(Blocks * block_vectors)]) noexcept {
    constexpr int vectors = Blocks * block_vectors;
    const std::ptrdiff_t next_pixel = Distance > 0 ? Distance : w.next_pixel;
    typename Isa::sums sums[index(Pixels)][index(vectors)];
#pragma GCC unroll 8
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sums[p][v] = Isa::zero();
    for (int row = 0; row < w.rows; ++row) {
      const word* from = w.inputs + row * w.next_input_row;
      const word* by = w.weights + row * w.next_weight_row;
      for (int step = 0; step < w.steps; ++step, from += w.next_step, by += block_filters) {
        typename Isa::weights weight[index(vectors)];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v)
          weight[v] =
              Isa::from(numbers::load_unaligned(by + v / block_vectors * w.next_block + v % block_vectors * lanes));
#pragma GCC unroll 8
        for (int p = 0; p < Pixels; ++p) {
          const word* at = from + p * next_pixel;
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v)
            sums[p][v] = Isa::add(sums[p][v], Isa::of(Spreads ? numbers::load_unaligned(at + v * lanes) : numbers(*at)),
                                  weight[v]);
        }
      }
    }
#pragma GCC unroll 8
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) counts[p][v] = Isa::total(sums[p][v]);
  }
};

}  // namespace minnow::kernels::detail
