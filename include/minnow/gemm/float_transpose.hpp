#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow::kernels {

namespace detail {

/// Transposes a square block whose rows and columns are as long as a vector.
///
/// A block has n rows of n numbers. Each round interleaves row i with row i + n/2, and the two halves of the result
/// become rows 2i and 2i + 1. This rotates the index (row, column), taken as one binary number, by one bit. After
/// log2(n) rounds row and column are swapped. xsimd::transpose is not used, because on AVX-512 it copies number by
/// number through memory.
template <class Arch>
void transpose_square(const float* from, std::size_t from_stride, float* to, std::size_t to_stride) noexcept {
  using vector = float_vector<Arch>;
  constexpr std::size_t n = vector::size;
  vector rows[n], next[n];
  for (std::size_t i = 0; i < n; ++i) rows[i] = vector::load_unaligned(from + i * from_stride);
  for (std::size_t round = 1; round < n; round *= 2) {
    for (std::size_t i = 0; i < n / 2; ++i) {
      next[2 * i] = zip_lo(rows[i], rows[i + n / 2]);
      next[2 * i + 1] = zip_hi(rows[i], rows[i + n / 2]);
    }
    std::copy_n(next, n, rows);
  }
  for (std::size_t i = 0; i < n; ++i) rows[i].store_unaligned(to + i * to_stride);
}

}  // namespace detail

/// Transposes a matrix, to[c][r] = from[r][c]: from (rows, columns), with rows from_stride floats apart -> to (columns,
/// rows), with rows to_stride floats apart.
///
/// The outer loop goes along the columns in steps of a vector. Each part of a row of `from` is then read only once,
/// even though rows whose distance is a power of two evict each other from the L1 cache.
template <class Arch>
void transpose(const float* from, std::size_t from_stride, int rows, int columns, float* to,
               std::size_t to_stride) noexcept {
  constexpr int step = float_tile<Arch>::lanes;
  for (int c = 0; c < columns; c += step) {
    for (int r = 0; r < rows; r += step) {
      const float* source = from + index(r) * from_stride + c;
      float* target = to + index(c) * to_stride + r;
      const int height = std::min(step, rows - r), width = std::min(step, columns - c);
      if constexpr (!std::is_same_v<float_vector<Arch>, plain_floats>) {
        if (height == step && width == step) {
          detail::transpose_square<Arch>(source, from_stride, target, to_stride);
          continue;
        }
      }
      for (int i = 0; i < height; ++i) {
        for (int j = 0; j < width; ++j)
          target[index(j) * to_stride + index(i)] = source[index(i) * from_stride + index(j)];
      }
    }
  }
}

}  // namespace minnow::kernels
