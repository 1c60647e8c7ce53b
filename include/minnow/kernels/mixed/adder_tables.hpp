#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/input_band.hpp>
#include <minnow/kernels/mixed/table_index.hpp>
#include <minnow/kernels/region.hpp>

/// Products of float inputs and weights of few bits, without multiplications. A table holds the sums of a small group
/// of inputs for all possible weights. It is computed once, and each filter looks up its sum. prepare() turns the
/// weights into table indices, see table_index.hpp.
///
/// The tables of an input pixel serve all windows that contain it. They are made row by row, for the kh input rows that
/// one output row reads. A new row replaces the oldest one. Columns of padding have tables of zeros.
///
/// `Tables` implements two functions (tables_portable.hpp). make() fills a table. add() looks up the entries for a tile
/// of some pixels by some blocks of 16 filters, and adds them to the sums of the tile.
///
/// cost  one table per group of inputs, pixel and call; one addition per pixel, group and filter
namespace minnow::kernels {

template <class In, class Tables, class Vector>
struct adder_tables {
  using layout = typename Tables::layout;

  static constexpr std::size_t table_row(const geometry& g) noexcept {
    return index(detail::band_width(g)) * index(layout::groups(g.in.channels)) * index(layout::table_floats);
  }
  static constexpr std::size_t float_row(const geometry& g) noexcept {
    return index(detail::band_width(g)) * index(g.in.channels);
  }

  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept { return layout::bytes(g); }
  /// Bytes of scratch memory: the tables of kh input rows, and one input row as floats.
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return (index(g.kernel.height) * table_row(g) + float_row(g)) * sizeof(float);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    layout::prepare(g, weights, prepared);
  }

  /// Computes the sums of the output rows [first, last).
  ///
  /// requires  scratch_bytes(g) at `scratch` and prepared_bytes(g) at `prepared`, both aligned for float
  static void rows(const geometry& g, const std::byte* inputs, const std::byte*, const std::byte* prepared, float* sums,
                   std::byte* scratch, int first, int last) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    auto* tables = reinterpret_cast<float*>(scratch);
    float* floats = tables + index(g.kernel.height) * table_row(g);
    const int width = detail::band_width(g), stride = sum_stride(g.out.channels);
    const call c{g, reinterpret_cast<const word*>(prepared), tables};
    for (int oy = first, made = 0; oy < last; ++oy) {
      const int_range taps = g.y_axis().taps(oy);
      const int top = g.y_axis().origin(oy);
      for (made = std::max(made, top + taps.first); made < top + taps.last; ++made) {
        detail::unpack_row<In::storage, In::bits, Vector>(g, inputs, made, width, floats);
        make_row(floats, width, g.in.channels, c.tables_of(made));
      }
      float* row = sums + static_cast<std::ptrdiff_t>(oy - first) * g.out.width * stride;
      if constexpr (Tables::tile_blocks > 1) {
        const bool few = g.out.width > 1 && blocks(g.out.channels) < Tables::tile_blocks;
        if (few) c.template columns<2 * Tables::tile, Tables::tile_blocks / 2>(taps, top, 0, row);
        else c.template columns<Tables::tile, Tables::tile_blocks>(taps, top, 0, row);
      } else {
        c.template columns<Tables::tile, 1>(taps, top, 0, row);
      }
      for (int x = 0; x < g.out.width && g.out.channels < stride; ++x)
        std::fill(row + x * stride + g.out.channels, row + (x + 1) * stride, 0.0f);
    }
  }

private:
  /// Makes the tables of one row: inputs (pixels, C) -> tables (pixels, groups, table_floats).
  static void make_row(const float* inputs, int pixels, int channels, float* tables) noexcept {
    constexpr int group = layout::group;
    for (int pixel = 0; pixel < pixels; ++pixel) {
      int left = channels;
      for (; left >= group; left -= group, inputs += group, tables += layout::table_floats)
        Tables::make(inputs, tables);
      if (left == 0) continue;
      float last[index(group)] = {};
      std::copy_n(inputs, left, last);
      Tables::make(last, tables);
      inputs += left;
      tables += layout::table_floats;
    }
  }

  struct call {
    const geometry& g;
    const word* words;
    float* tables;

    [[nodiscard]] float* tables_of(int input_row) const noexcept {
      return tables + index(input_row % g.kernel.height) * table_row(g);
    }

    /// Computes the columns from ox on, `Pixels` at a time, and the remaining columns in tiles of half the size.
    template <int Pixels, int Blocks>
    void columns(int_range taps, int top, int ox, float* row) const noexcept {
      for (; ox + Pixels <= g.out.width; ox += Pixels)
        pixels<Pixels, Blocks>(taps, top, ox, row + static_cast<std::ptrdiff_t>(ox) * sum_stride(g.out.channels));
      if constexpr (Pixels > 1) {
        if (ox < g.out.width) columns<Pixels / 2, Tables::tile_blocks>(taps, top, ox, row);
      }
    }

    /// Computes all sums of `Pixels` pixels from column ox on.
    template <int Pixels, int Blocks>
    void pixels(int_range taps, int top, int ox, float* sums) const noexcept {
      const std::ptrdiff_t stride = sum_stride(g.out.channels);
      if (taps.size() == 0) {
        std::fill_n(sums, Pixels * stride, 0.0f);
        return;
      }
      const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(layout::groups(g.in.channels)) * layout::table_floats;
      const std::ptrdiff_t line = static_cast<std::ptrdiff_t>(layout::segment_words(g)) * block_filters;
      const int segment = g.kernel.width * layout::groups(g.in.channels);
      // With a single pixel each index is read only once, and reading a whole segment (kernel row) at a time is
      // fastest.
      const int most = Pixels == 1 ? segment : Tables::cached_groups;
      for (int ky = taps.first; ky < taps.last; ++ky) {
        const float* from = tables_of(top + ky) + static_cast<std::ptrdiff_t>(ox) * g.stride.width * pixel;
        for (int n = 0; n < segment; n += most) {
          const detail::table_run run{from + static_cast<std::ptrdiff_t>(n) * layout::table_floats,
                                      g.stride.width * pixel,
                                      words + ky * line + n / layout::per_word * block_filters,
                                      line * g.kernel.height,
                                      std::min(most, segment - n),
                                      ky == taps.first && n == 0};
          filters<Pixels, Blocks>(run, 0, sums, stride);
        }
      }
    }

    template <int Pixels, int Blocks>
    void filters(const detail::table_run& run, int block, float* sums, std::ptrdiff_t stride) const noexcept {
      for (; block + Blocks <= blocks(g.out.channels); block += Blocks) {
        detail::table_run part = run;
        part.words += block * run.block;
        Tables::template add<Blocks, Pixels>(part, sums + block * block_filters, stride);
      }
      if constexpr (Blocks > 1) filters<Pixels, Blocks / 2>(run, block, sums, stride);
    }
  };
};

}  // namespace minnow::kernels
