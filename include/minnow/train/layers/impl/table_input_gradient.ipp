#pragma once

#include <minnow/train/layers/table_input_gradient.hpp>

#include <algorithm>
#include <cstddef>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/gemm/kernel_calls.hpp>
#include <minnow/kernels/layout/layout.hpp>

namespace minnow::detail {

namespace input_tables {

inline constexpr int images_together = 16;

MINNOW_INLINE geometry turned(const geometry& g) {
  return window_over(g.out, g.in.channels, g.kernel, {1, 1},
                     {g.kernel.height - 1 - g.padding.height, g.kernel.width - 1 - g.padding.width},
                     {g.kernel.height - 1 - g.end_padding.height, g.kernel.width - 1 - g.end_padding.width});
}

MINNOW_INLINE geometry stacked(const geometry& g, int images) {
  return window_over({1, images, g.out.channels}, g.in.size(), {1, 1}, {1, 1}, {0, 0});
}

}  // namespace input_tables

template <class Weights>
table_input_gradient<Weights>::table_input_gradient(const geometry& g)
    : of_(g), backward_(is_dense(g) ? input_tables::stacked(g, 1) : input_tables::turned(g)) {
  if constexpr (has_fast_tables<Weights>) {
    const bool turns = g.stride == extent{1, 1} && backward_.padding.height >= 0 && backward_.padding.width >= 0 &&
                       backward_.out == g.in;
    // The kernel writes sums in whole blocks of channels, so the channels must fill their last block.
    usable_ = (is_dense(g) || turns) && backward_.out.channels % kernels::block_filters == 0 &&
              float_product<Weights>::uses_tables(backward_);
  }
}

template <class Weights>
void table_input_gradient<Weights>::run(int images, const float* grad_out, std::span<const float> weights,
                                        float* grad_in) {
  if constexpr (has_fast_tables<Weights>) {
    using tables = typename float_product<Weights>::tables;
    prepare<typename tables::layout>(weights);
    const bool dense = is_dense(of_);
    const int together = dense ? input_tables::images_together : 1;
    parallel_for((images + together - 1) / together, [&](int item) {
      const int first = item * together;
      const geometry g = dense ? input_tables::stacked(of_, std::min(together, images - first)) : backward_;
      const float* from = grad_out + index(first) * index(of_.out.size());
      float* to = grad_in + index(first) * index(of_.in.size());
      tables::rows(g, reinterpret_cast<const std::byte*>(from), nullptr, prepared_.data(), to,
                   scratch_of_thread(tables::scratch_bytes(g)), 0, g.out.height);
    });
  }
}

template <class Weights>
template <class Layout>
void table_input_gradient<Weights>::prepare(std::span<const float> weights) {
  const geometry& g = backward_;
  const int filters = g.in.channels;
  const int columns = g.out.channels;
  const int groups = Layout::groups(filters);
  const int taps = g.kernel.height * g.kernel.width;
  const int line = Layout::segment_words(g) * kernels::block_filters;
  prepared_.grow(Layout::bytes(g));
  parallel_for(columns / kernels::block_filters * g.kernel.height, [&](int item) {
    const int block = item / g.kernel.height;
    const int ky = item % g.kernel.height;
    auto* to = reinterpret_cast<word*>(prepared_.data()) + static_cast<std::ptrdiff_t>(item) * line;
    std::fill_n(to, line, word{0});
    for (int n = 0; n < g.kernel.width * groups; ++n) {
      // The convolution kernel is rotated by 180 degrees, so its last element comes first.
      const int tap = taps - 1 - (ky * g.kernel.width + n / groups);
      const int first = n % groups * Layout::group;
      const float* from =
          weights.data() + static_cast<std::ptrdiff_t>(first * taps + tap) * columns + block * kernels::block_filters;
      word indices[kernels::block_filters];
      Layout::of_codes(
          [&](int j) { return first + j < filters ? from + static_cast<std::ptrdiff_t>(j) * taps * columns : nullptr; },
          indices);
      word* row = to + n / Layout::per_word * kernels::block_filters;
      for (int c = 0; c < kernels::block_filters; ++c) row[c] |= indices[c] << (n % Layout::per_word * Layout::bits);
    }
  });
}

}  // namespace minnow::detail
