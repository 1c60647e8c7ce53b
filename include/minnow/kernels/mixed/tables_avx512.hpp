#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/table_index.hpp>
#include <minnow/kernels/simd.hpp>

/// Tables of 32 sums in two registers. One permutation of the two registers (vpermi2ps) selects a sum for each of 16
/// lanes by the low five bits of the lane; each lane is a filter. So one permutation and one addition do 5 · 16
/// products of bit weights or 3 · 16 of ternary weights, while a multiply-add does 16.
namespace minnow::kernels::detail {

#if XSIMD_WITH_AVX512F

template <encoding Weights>
struct tables_avx512 {
  static_assert(Weights == encoding::bit || Weights == encoding::ternary, "minnow: tables of 32 sums");
  static constexpr int bits = 3;  // used for power_of_two only, which has no tables here
  using layout = table_index<Weights, bits>;

  /// A tile has 2 pixels by 8 blocks of 16 filters: each loaded table serves 8 lookups, and each shift of the indices
  /// serves 2. A layer with fewer blocks uses tiles of twice the pixels, so that enough independent sums hide the
  /// latency.
  static constexpr int tile = 2;
  static constexpr int tile_blocks = 8;
  /// Number of groups of inputs whose tables stay in the L1 cache while a tile is multiplied by all filters. It is a
  /// multiple of per_word.
  static constexpr int cached_groups = 96;

  /// Makes a table: x (group) -> table (32).
  ///
  /// cost  9 operations for bit, 6 for ternary
  static void make(const float* x, float* table) noexcept {
    static constexpr patterns of_half;
    __m512 term[layout::group];
#pragma GCC unroll 8
    for (int j = 0; j < layout::group; ++j) {
      const auto at = index(j);
      const __m512i input = _mm512_castps_si512(_mm512_set1_ps(x[j]));
      const __m512i sign = _mm512_load_si512(of_half.signs[at].data());
      // 0x28 is the truth table of (x ^ sign) & non_zero: it is 1 at the indices 011 and 101.
      term[j] = _mm512_castsi512_ps(
          Weights == encoding::bit
              ? _mm512_xor_si512(input, sign)
              : _mm512_ternarylogic_epi32(input, sign, _mm512_load_si512(of_half.non_zeros[at].data()), 0x28));
    }
    if constexpr (Weights == encoding::bit) {
      const __m512 four = _mm512_add_ps(_mm512_add_ps(term[0], term[1]), _mm512_add_ps(term[2], term[3]));
      const __m512 fifth = _mm512_set1_ps(x[4]);
      _mm512_storeu_ps(table, _mm512_sub_ps(four, fifth));
      _mm512_storeu_ps(table + 16, _mm512_add_ps(four, fifth));
    } else {
      const __m512 sum = _mm512_add_ps(_mm512_add_ps(term[0], term[1]), term[2]);
      const __m512i minus = _mm512_set1_epi32(static_cast<int>(0x80000000u));
      _mm512_storeu_ps(table, sum);
      _mm512_storeu_ps(table + 16, _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(sum), minus)));
    }
  }

  /// Adds the looked-up sums to sums (Pixels, Blocks · 16), group by group. A pixel's sum does not depend on the size
  /// of the tile.
  ///
  /// cost  per group of inputs and block of 16 filters: one permutation and one addition for each pixel, and one shift
  template <int Blocks, int Pixels>
  static void add(const table_run& run, float* sums, std::ptrdiff_t stride) noexcept {
    add_pixels<Blocks>(run, sums, stride, std::make_integer_sequence<int, Pixels>{});
  }

private:
  /// Holds, for each input of a group and each entry of the lower half of a table, the sign bit and the mask of nonzero
  /// terms.
  struct patterns {
    alignas(64) std::array<std::array<word, 16>, layout::group> signs{};
    alignas(64) std::array<std::array<word, 16>, layout::group> non_zeros{};

    constexpr patterns() noexcept {
      for (int i = 0; i < 16; ++i) {
        int left = i;
        for (int j = layout::group; j-- > 0;) {
          // For bit weights the digit is bit j of the index, as ±1. For ternary weights it is the lowest balanced
          // ternary digit (-1, 0 or 1) of `left`; the difference of `left` and this digit is divisible by 3.
          const int digit = Weights == encoding::bit ? (i >> j & 1) * 2 - 1 : (left + 1) % 3 - 1;
          left = (left - digit) / 3;
          signs[index(j)][index(i)] = digit < 0 ? 0x80000000u : 0;
          non_zeros[index(j)][index(i)] = digit != 0 ? 0xffffffffu : 0;
        }
      }
    }
  };

  template <int Blocks, int... Pixel>
  static void add_pixels(const table_run& run, float* sums, std::ptrdiff_t stride,
                         std::integer_sequence<int, Pixel...>) noexcept {
    constexpr int pixels = sizeof...(Pixel);
    __m512 acc[index(pixels)][index(Blocks)];
#pragma GCC unroll 8
    for (int r = 0; r < pixels; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < Blocks; ++v)
        acc[r][v] = run.begins ? _mm512_setzero_ps() : _mm512_loadu_ps(sums + r * stride + v * block_filters);
    }
    const float* table = run.tables;
    const word* words = run.words;
    for (int left = run.groups; left > 0; left -= layout::per_word, words += block_filters) {
      __m512i of[index(Blocks)];
#pragma GCC unroll 8
      for (int v = 0; v < Blocks; ++v) of[v] = _mm512_loadu_si512(words + v * run.block);
      const float* const end = table + std::min(left, layout::per_word) * layout::table_floats;
      do {
        const auto add = [&](const float* of_pixel, __m512(&sum)[index(Blocks)]) {
          const __m512 low = _mm512_loadu_ps(of_pixel), high = _mm512_loadu_ps(of_pixel + 16);
#pragma GCC unroll 8
          for (int v = 0; v < Blocks; ++v) sum[v] = _mm512_add_ps(sum[v], _mm512_permutex2var_ps(low, of[v], high));
        };
        (add(table + Pixel * run.pixel, acc[Pixel]), ...);
#pragma GCC unroll 8
        for (int v = 0; v < Blocks; ++v) of[v] = _mm512_srli_epi32(of[v], layout::bits);
        table += layout::table_floats;
      } while (table != end);
    }
#pragma GCC unroll 8
    for (int r = 0; r < pixels; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < Blocks; ++v) _mm512_storeu_ps(sums + r * stride + v * block_filters, acc[r][v]);
    }
  }
};

#endif

}  // namespace minnow::kernels::detail
