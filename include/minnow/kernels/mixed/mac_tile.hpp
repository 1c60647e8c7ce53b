#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/input_band.hpp>
#include <minnow/kernels/mixed/weight_rows.hpp>
#include <minnow/kernels/simd.hpp>

/// Float products in register tiles: a few pixels by a few vectors of filters, one filter per lane.
namespace minnow::kernels::detail {

/// Number of vector registers, which determines the size of a tile. The sums of `mac_rows` pixels by `mac_blocks`
/// blocks of 16 filters, the vectors of one row of weights and one broadcast must fit in the registers. A multiply-add
/// waits 4 cycles for the previous multiply-add of the same sum, so at least 8 independent sums are needed to keep two
/// multipliers busy. For a single pixel these sums come from `mac_wide_blocks` blocks of filters.
template <class Vector>
struct mac_shape {
  static constexpr int registers = 16;
};
template <class Arch>
struct mac_shape<xsimd::batch<float, Arch>> {
  static constexpr int registers =
      std::is_base_of_v<xsimd::avx512f, Arch> || std::is_base_of_v<xsimd::neon64, Arch> ? 32 : 16;
};
template <class Vector>
inline constexpr int mac_blocks = block_vectors<Vector> == 1 ? 2 : 1;
/// Number of pixels of a tile. It is 1 without SIMD, because compilers then keep only a few floats in registers.
template <class Vector>
inline constexpr int mac_rows =
    std::is_same_v<Vector, plain_floats>
        ? 1
        : (mac_shape<Vector>::registers * 3 / 4 / (mac_blocks<Vector> * block_vectors<Vector>));
template <class Vector>
inline constexpr int mac_wide_blocks = std::is_same_v<Vector, plain_floats> ? 1 : (8 / block_vectors<Vector>);

/// Destination of a product's sums.
struct sums_map {
  float* first;  ///< sums of pixel 0, block 0
  int stride;    ///< distance from one pixel to the next, in floats: sum_stride(filters)
  int filters;

  [[nodiscard]] float* of(std::ptrdiff_t pixel, int block) const noexcept {
    return first + pixel * stride + block * block_filters;
  }
};

/// Computes the sums of the pixels of a tile for `Blocks` blocks of 16 filters from `block` on. For each pixel and
/// filter it adds input * weight over the window in the order of the inputs, with one fma per step. A sum does not
/// depend on the size of the tile.
///
/// cost  per input: Blocks · 16 multiply-adds and one broadcast for each pixel, and the load of one row of weights
template <class Vector, int Blocks, class Rows, int Most, int... Row>
void mac_tile(const geometry& g, std::ptrdiff_t line, const pixel_tile<float, Most>& tile, int first, const Rows& rows,
              int block, const sums_map& sums, std::integer_sequence<int, Row...>) noexcept {
  constexpr int vectors = Blocks * block_vectors<Vector>, lanes = static_cast<int>(Vector::size);
  constexpr int pixels = sizeof...(Row);
  using cursor_type = typename Rows::template cursor<Vector, vectors>;
  cursor_type cursor(rows);
  const std::ptrdiff_t length = static_cast<std::ptrdiff_t>(g.kernel.width) * g.in.channels;
  Vector acc[index(pixels)][index(vectors)];
#pragma GCC unroll 16
  for (int r = 0; r < pixels; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) acc[r][v] = Vector(0.0f);
  }
  for (int ky = tile.ky_first; ky < tile.ky_last; ++ky) {
    const float* const x[index(pixels)] = {tile.from[first + Row] + ky * line...};
    cursor.seek(ky);
    for (std::ptrdiff_t k = 0; k < length; k += cursor_type::step) {
      cursor.fetch();
#pragma GCC unroll 8
      for (int j = 0; j < cursor_type::step; ++j) {
        if (j > 0 && k + j >= length) break;
        Vector weight[index(vectors)];
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) weight[v] = cursor.next(j, v);
        const auto add = [&](const float* from, Vector(&sum)[index(vectors)]) {
          const Vector input(from[k + j]);
#pragma GCC unroll 16
          for (int v = 0; v < vectors; ++v) sum[v] = fma(input, weight[v], sum[v]);
        };
        (add(x[Row], acc[Row]), ...);
      }
    }
  }
  const int valid = std::min(sums.filters - block * block_filters, Blocks * block_filters);
  const auto put = [&](std::ptrdiff_t pixel, const Vector(&sum)[index(vectors)]) {
    float* to = sums.of(pixel, block);
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) sum[v].store_unaligned(to + v * lanes);
    std::fill(to + valid, to + Blocks * block_filters, 0.0f);
  };
  (put(tile.to[first + Row], acc[Row]), ...);
}

/// Computes all `count` pixels of a tile. If fewer than `Pixels` pixels remain, they are computed in tiles whose sizes
/// are powers of two.
template <class Vector, int Blocks, int Pixels, class Rows, int Most>
void mac_pixels(const geometry& g, std::ptrdiff_t line, const pixel_tile<float, Most>& tile, int count,
                const Rows& rows, int block, const sums_map& sums, int first = 0) noexcept {
  for (; count - first >= Pixels; first += Pixels)
    mac_tile<Vector, Blocks>(g, line, tile, first, rows, block, sums, std::make_integer_sequence<int, Pixels>{});
  if constexpr (Pixels > 1) {
    constexpr int next = static_cast<int>(std::bit_floor(static_cast<unsigned>(Pixels - 1)));
    if (first < count) mac_pixels<Vector, Blocks, next>(g, line, tile, count, rows, block, sums, first);
  }
}

}  // namespace minnow::kernels::detail
