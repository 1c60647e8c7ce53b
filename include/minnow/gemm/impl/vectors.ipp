#pragma once

#include <minnow/gemm/vectors.hpp>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>

namespace minnow::detail {

MINNOW_INLINE void multiply(const float* from, float factor, float* to, std::size_t size) {
  for_all(size, [&](std::size_t k, auto count) { store(to + k, load(from + k, count) * vector(factor), count); });
}

MINNOW_INLINE void multiply_columns(float* data, std::size_t rows, std::span<const float> scales) {
  const int columns = static_cast<int>(scales.size());
  for_rows(rows, columns, [&](std::size_t row, int c, auto count) {
    float* at = data + row * scales.size() + index(c);
    store(at, load(at, count) * load(scales.data() + c, count), count);
  });
}

MINNOW_INLINE void add_to(const float* from, float* to, std::size_t size) {
  for_all(size, [&](std::size_t k, auto count) { store(to + k, load(to + k, count) + load(from + k, count), count); });
}

MINNOW_INLINE void copy_rows(std::size_t rows, int channels, float factor, const float* from, int from_step, float* to,
                             int to_step) {
  for_rows(rows, channels, [&](std::size_t row, int c, auto count) {
    store(to + row * index(to_step) + index(c), load(from + row * index(from_step) + index(c), count) * vector(factor),
          count);
  });
}

}  // namespace minnow::detail
