#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/gemm/kernel_calls.hpp>
#include <minnow/kernels/layout/layout.hpp>

namespace minnow::detail {

/// Input gradient of a product whose weights are codes of 1 or 2 bits: the product of the output gradient and the
/// codes. It uses the tables of partial sums of the packed network's float kernels.
///
/// For a convolution of stride 1, it is a convolution with the kernel rotated by 180 degrees, and with inputs and
/// outputs exchanged. For a dense layer, it is the product with the transpose.
template <class Weights>
class table_input_gradient {
public:
  explicit table_input_gradient(const geometry& g) : of_(g), backward_(is_dense(g) ? stacked(g, 1) : turned(g)) {
    if constexpr (has_fast_tables<Weights>) {
      const bool turns = g.stride == extent{1, 1} && backward_.padding.height >= 0 && backward_.padding.width >= 0 &&
                         backward_.out == g.in;
      // The kernel writes rows of sums in whole blocks of channels.
      usable_ = (is_dense(g) || turns) && backward_.out.channels % kernels::block_filters == 0 &&
                float_product<Weights>::uses_tables(backward_);
    }
  }
  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// Computes grad_in (N,H,W,C) from grad_out (N,H',W',F) and weights (F,kh,kw,C). Overwrites grad_in.
  void run(int images, const float* grad_out, std::span<const float> weights, float* grad_in) {
    if constexpr (has_fast_tables<Weights>) {
      using tables = typename float_product<Weights>::tables;
      prepare(weights);
      const bool dense = is_dense(of_);
      const int together = dense ? images_together : 1;
      parallel_for((images + together - 1) / together, [&](int item) {
        const int first = item * together;
        const geometry g = dense ? stacked(of_, std::min(together, images - first)) : backward_;
        const float* from = grad_out + index(first) * index(of_.out.size());
        float* to = grad_in + index(first) * index(of_.in.size());
        tables::rows(g, reinterpret_cast<const std::byte*>(from), nullptr, prepared_.data(), to,
                     scratch_of_thread(tables::scratch_bytes(g)), 0, g.out.height);
      });
    }
  }

private:
  static constexpr int images_together = 16;

  static geometry turned(const geometry& g) {
    return window_over(g.out, g.in.channels, g.kernel, {1, 1},
                       {g.kernel.height - 1 - g.padding.height, g.kernel.width - 1 - g.padding.width});
  }
  static geometry stacked(const geometry& g, int images) {
    return window_over({1, images, g.out.channels}, g.in.size(), {1, 1}, {1, 1}, {0, 0});
  }

  /// Converts weights (F, taps, C) to table indices of the backward product, whose filters are the layer's channels and
  /// whose channels are the layer's filters. For a dense layer, all inputs are channels of one tap.
  void prepare(std::span<const float> weights) {
    using layout = typename float_product<Weights>::tables::layout;
    const geometry& g = backward_;
    const int filters = g.in.channels;
    const int columns = g.out.channels;
    const int groups = layout::groups(filters);
    const int taps = g.kernel.height * g.kernel.width;
    const int line = layout::segment_words(g) * kernels::block_filters;
    prepared_.grow(layout::bytes(g));
    parallel_for(columns / kernels::block_filters * g.kernel.height, [&](int item) {
      const int block = item / g.kernel.height;
      const int ky = item % g.kernel.height;
      auto* to = reinterpret_cast<word*>(prepared_.data()) + static_cast<std::ptrdiff_t>(item) * line;
      std::fill_n(to, line, word{0});
      for (int n = 0; n < g.kernel.width * groups; ++n) {
        // The kernel is rotated by 180 degrees, so its last tap comes first.
        const int tap = taps - 1 - (ky * g.kernel.width + n / groups);
        const int first = n % groups * layout::group;
        const float* from =
            weights.data() + static_cast<std::ptrdiff_t>(first * taps + tap) * columns + block * kernels::block_filters;
        word indices[kernels::block_filters];
        layout::of_codes(
            [&](int j) {
              return first + j < filters ? from + static_cast<std::ptrdiff_t>(j) * taps * columns : nullptr;
            },
            indices);
        word* row = to + n / layout::per_word * kernels::block_filters;
        for (int c = 0; c < kernels::block_filters; ++c) row[c] |= indices[c] << (n % layout::per_word * layout::bits);
      }
    });
  }

  geometry of_;
  geometry backward_;
  bool usable_ = false;
  aligned_bytes prepared_;
};

}  // namespace minnow::detail
