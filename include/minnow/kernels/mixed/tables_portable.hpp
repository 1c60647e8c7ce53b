#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/table_index.hpp>

/// Tables of sums in standard C++. Making a table takes additions, and doublings for power_of_two. Using it takes a
/// load and an addition. Neither uses SIMD instructions.
namespace minnow::kernels::detail {

template <encoding Weights, int Bits>
struct tables_portable {
  using layout = table_index<Weights, Bits>;

  static constexpr int tile = 4;  ///< pixels
  static constexpr int tile_blocks = 1;
  /// Number of groups of inputs whose tables, 24 KB for a tile, stay in the L1 cache while a tile is multiplied by all
  /// filters. It is a multiple of per_word.
  static constexpr int cached_groups = 1536 / layout::table_floats / layout::per_word * layout::per_word;

  /// Makes a table: x (group) -> table. A weight of 0 leaves its input out, even if the input is a NaN.
  ///
  /// cost  62 additions for bit, 39 for ternary, 70 for power_of_two<3>
  static void make(const float* x, float* table) noexcept {
    if constexpr (Weights == encoding::bit) {
      // For each input, every sum of the inputs before it becomes two sums: the sum minus this input, whose index has a
      // 0 in bit j, and the sum plus this input, whose index has a 1.
      table[0] = -x[0];
      table[1] = x[0];
      for (int j = 1; j < layout::group; ++j) {
        for (int i = 0; i < 1 << j; ++i) {
          table[i | 1 << j] = table[i] + x[j];
          table[i] = table[i] - x[j];
        }
      }
    } else if constexpr (Weights == encoding::ternary) {
      const auto split = [](float s, float by) { return std::array<float, 3>{s - by, s, s + by}; };
      int v = -13;
      for (const float first : split(0, x[0]))
        for (const float second : split(first, x[1]))
          for (const float sum : split(second, x[2])) {
            table[v < 0 ? 16 - v : v] = sum;
            ++v;
          }
    } else {
      constexpr std::size_t codes = std::size_t{1} << layout::planes;
      std::array<float, codes> multiples[2];
      for (int j = 0; j < 2; ++j) {
        float multiple = x[j];
        multiples[j][0] = multiples[j][1] = 0;  // a code's bits are (positive, index); index 0 means 0
        for (std::size_t i = 1; i < codes / 2; ++i, multiple += multiple) {
          multiples[j][2 * i] = -multiple;
          multiples[j][2 * i + 1] = multiple;
        }
      }
      for (std::size_t i = 0; i < codes; ++i)
        for (std::size_t k = 0; k < codes; ++k) table[i * codes + k] = multiples[0][k] + multiples[1][i];
    }
  }

  /// Adds the looked-up sums to sums (Pixels, 16), group by group. A pixel's sum does not depend on the size of the
  /// tile.
  ///
  /// cost  per group and filter: one load and one addition for each pixel, one shift and one mask
  template <int Blocks, int Pixels>
  static void add(const table_run& run, float* sums, std::ptrdiff_t stride) noexcept {
    static_assert(Blocks == 1);
    // Each addition waits for the previous addition to the same sum, so 8 independent sums are computed side by side.
    constexpr int filters = 8 / Pixels;
    for (int f = 0; f < block_filters; f += filters) add_filters<filters, Pixels>(run, f, sums + f, stride);
  }

private:
  template <int Filters, int Pixels>
  static void add_filters(const table_run& run, int filter, float* sums, std::ptrdiff_t stride) noexcept {
    float acc[index(Filters)][index(Pixels)];
#pragma GCC unroll 8
    for (int f = 0; f < Filters; ++f) {
#pragma GCC unroll 8
      for (int p = 0; p < Pixels; ++p) acc[f][p] = run.begins ? 0.0f : sums[p * stride + f];
    }
    const float* table = run.tables;
    const word* words = run.words + filter;
    for (int left = run.groups; left > 0; left -= layout::per_word, words += block_filters) {
      word of[index(Filters)];
#pragma GCC unroll 8
      for (int f = 0; f < Filters; ++f) of[f] = words[f];
      for (int n = left < layout::per_word ? left : layout::per_word; n > 0; --n, table += layout::table_floats) {
#pragma GCC unroll 8
        for (int f = 0; f < Filters; ++f) {
          const float* at = table + (of[f] & (layout::table_floats - 1));
          of[f] >>= layout::bits;
#pragma GCC unroll 8
          for (int p = 0; p < Pixels; ++p) acc[f][p] += at[p * run.pixel];
        }
      }
    }
#pragma GCC unroll 8
    for (int f = 0; f < Filters; ++f) {
#pragma GCC unroll 8
      for (int p = 0; p < Pixels; ++p) sums[p * stride + f] = acc[f][p];
    }
  }
};

}  // namespace minnow::kernels::detail
