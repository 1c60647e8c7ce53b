#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/train/kernel_calls.hpp>

namespace minnow::detail {

/// The gradient of the inputs of a product whose weights are codes of 1 or 2 bits, by the tables of partial sums of the
/// packed network's float kernels. It is the product of the gradient of the sums and the codes.
///
/// Of a convolution of stride 1 it is a convolution with the same kernel turned by half a turn, whose inputs and outputs
/// have changed places; of a dense layer the product with the transpose.
template <class Weights>
class table_input_gradient {
public:
  explicit table_input_gradient(const geometry& g) : of_(g), backward_(is_dense(g) ? stacked(g, 1) : turned(g)) {
    if constexpr (has_fast_tables<Weights>) {
      const bool turns = g.stride == extent{1, 1} && backward_.padding.height >= 0 && backward_.padding.width >= 0 && backward_.out == g.in;
      // The kernel's rows of sums are whole blocks of channels.
      usable_ = (is_dense(g) || turns) && backward_.out.channels % kernels::block_filters == 0 &&
                float_product<Weights>::uses_tables(backward_);
    }
  }
  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// grad_out (N,H',W',F), weights (F,kh,kw,C) -> grad_in (N,H,W,C), overwritten.
  void run(int images, const float* grad_out, std::span<const float> weights, float* grad_in) {
    if constexpr (has_fast_tables<Weights>) {
      using tables = typename float_product<Weights>::tables;
      prepare(weights);
      const bool dense = is_dense(of_);
      const int together = dense ? images_together : 1;
      parallel_for((images + together - 1) / together, [&](int item) {
        const int first = item * together;
        const geometry g = dense ? stacked(of_, std::min(together, images - first)) : backward_;
        const float* from = grad_out + static_cast<std::size_t>(first) * static_cast<std::size_t>(of_.out.size());
        float* to = grad_in + static_cast<std::size_t>(first) * static_cast<std::size_t>(of_.in.size());
        tables::rows(g, reinterpret_cast<const std::byte*>(from), packed_.data(), prepared_.data(), to,
                     scratch_of_thread(tables::scratch_bytes(g)), 0, g.out.height);
      });
    }
  }

private:
  static constexpr int images_together = 16;

  static geometry turned(const geometry& g) {
    return window_over(g.out, g.in.channels, g.kernel, {1, 1}, {g.kernel.height - 1 - g.padding.height, g.kernel.width - 1 - g.padding.width});
  }
  static geometry stacked(const geometry& g, int images) {
    return window_over({1, images, g.out.channels}, g.in.size(), {1, 1}, {1, 1}, {0, 0});
  }

  void prepare(std::span<const float> weights) {
    using tables = typename float_product<Weights>::tables;
    using code = kernels::code<Weights::storage>;
    const int filters = of_.out.channels;
    const int taps = of_.kernel.height * of_.kernel.width;
    const int channels = of_.in.channels;
    // (F, taps, C) -> (C, taps from the last on, F), of a dense layer (taps, C, F).
    codes_.resize(weights.size());
    const bool dense = is_dense(of_);
    parallel_for(taps, [&](int tap) {
      for (int f = 0; f < filters; ++f)
        for (int c = 0; c < channels; ++c) {
          const int to = dense ? tap * channels + c : c * taps + (taps - 1 - tap);
          codes_[static_cast<std::size_t>(to) * static_cast<std::size_t>(filters) + static_cast<std::size_t>(f)] =
              static_cast<code>(weights[static_cast<std::size_t>((f * taps + tap) * channels + c)]);
        }
    });
    packed_.grow(kernels::weight_bytes<encoding::real, Weights::storage, Weights::bits>(backward_));
    kernels::pack_weights<encoding::real, Weights::storage, Weights::bits>(backward_, codes_.data(), packed_.data());
    prepared_.grow(tables::prepared_bytes(backward_));
    tables::prepare(backward_, packed_.data(), prepared_.data());
  }

  geometry of_;
  geometry backward_;
  bool usable_ = false;
  std::vector<kernels::code<Weights::storage>> codes_;
  aligned_bytes packed_;
  aligned_bytes prepared_;
};

}  // namespace minnow::detail
