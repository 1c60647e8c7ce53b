#pragma once

#include <minnow/train/layers/table_weight_gradient.hpp>

#include <algorithm>
#include <cstddef>

#include <minnow/core/encoding.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/gemm/float_transpose.hpp>
#include <minnow/gemm/kernel_calls.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/table_index.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

namespace weight_tables {

using layout = kernels::detail::table_index<encoding::bit, 3>;
using bit = kernels::operand<encoding::bit>;
inline constexpr int filters_together = kernels::block_filters;
inline constexpr int of_word = layout::group * layout::per_word;  // rows in a word
inline constexpr int rows_together = 36 * of_word;                // the tables of 16 filters then fit in the L2 cache

}  // namespace weight_tables

MINNOW_INLINE table_weight_gradient::table_weight_gradient(const geometry& g)
    : inputs_(g.inputs()), filters_(g.out.channels), rows_of_image_(g.out.pixels()) {
  if constexpr (has_fast_tables<weight_tables::bit>) {
    const bool pointwise = g.is_pointwise();
    usable_ = (is_dense(g) || pointwise) && inputs_ % kernels::block_filters == 0 &&
              filters_ % weight_tables::filters_together == 0;
  }
}

template <class Bit>
void table_weight_gradient::add(int rows, const float* in, const float* grad_out, float* gradient) {
  using tables = typename float_product<Bit>::tables;
  const int words = ceil_div(rows, weight_tables::of_word);
  const int length = words * weight_tables::of_word;
  words_.grow(index(inputs_ * words) * sizeof(word));
  auto* const bits = reinterpret_cast<word*>(words_.data());
  parallel_for(inputs_ / kernels::block_filters, [&](int block) {
    write_words(in + block * kernels::block_filters, rows,
                bits + static_cast<std::ptrdiff_t>(block) * words * kernels::block_filters);
  });
  const geometry of_product =
      window_over({1, weight_tables::filters_together, length}, inputs_, {1, 1}, {1, 1}, {0, 0});
  const std::size_t terms_bytes = round_up(index(weight_tables::filters_together * length) * sizeof(float), 64);
  const std::size_t sums_bytes = round_up(index(weight_tables::filters_together * inputs_) * sizeof(float), 64);
  parallel_for(filters_ / weight_tables::filters_together, [&](int chunk) {
    std::byte* scratch = scratch_of_thread(terms_bytes + sums_bytes + tables::scratch_bytes(of_product));
    auto* terms = reinterpret_cast<float*>(scratch);
    auto* sums = reinterpret_cast<float*>(scratch + terms_bytes);
    for (int f = 0; f < weight_tables::filters_together; ++f)
      std::fill(terms + f * length + rows, terms + (f + 1) * length, 0.0f);
    kernels::transpose<kernels::best>(grad_out + chunk * weight_tables::filters_together, index(filters_), rows,
                                      weight_tables::filters_together, terms, index(length));
    tables::rows(of_product, scratch, nullptr, words_.data(), sums, scratch + terms_bytes + sums_bytes, 0, 1);
    float* to = gradient + static_cast<std::ptrdiff_t>(chunk * weight_tables::filters_together) * inputs_;
    for_vectors(weight_tables::filters_together * inputs_,
                [&](int i, auto count) { store(to + i, load(to + i, count) + load(sums + i, count), count); });
  });
}

MINNOW_INLINE void table_weight_gradient::run(int images, const float* in, const float* grad_out, float* gradient) {
  if constexpr (has_fast_tables<weight_tables::bit>) {
    std::fill_n(gradient, index(filters_) * index(inputs_), 0.0f);
    const int rows = images * rows_of_image_;
    for (int first = 0; first < rows; first += weight_tables::rows_together)
      add<weight_tables::bit>(std::min(weight_tables::rows_together, rows - first),
                              in + static_cast<std::ptrdiff_t>(first) * inputs_,
                              grad_out + static_cast<std::ptrdiff_t>(first) * filters_, gradient);
  }
}

MINNOW_INLINE void table_weight_gradient::write_words(const float* from, int rows, word* to) const noexcept {
  for (int first = 0; first < rows; first += weight_tables::of_word, to += kernels::block_filters) {
    word bits[kernels::block_filters] = {};
    for (int n = 0; n < std::min(weight_tables::of_word, rows - first); ++n) {
      const float* row = from + static_cast<std::ptrdiff_t>(first + n) * inputs_;
      for (int k = 0; k < kernels::block_filters; ++k) bits[k] |= static_cast<word>(row[k] > 0) << n;
    }
    std::copy_n(bits, kernels::block_filters, to);
  }
}

}  // namespace minnow::detail
