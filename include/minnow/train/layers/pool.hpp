#pragma once

#include <minnow/core/index.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// Max and average pooling. An average is the sum of the window's elements inside the image, added in order, times 1 /
/// taps. The packed network computes it in the same way.
template <pool_layer Layer, class Estimator>
class trainable<Layer, Estimator> : public layer_base {
public:
  explicit trainable(shape in) noexcept : geometry_(Layer::pool_over(in)) {}

  void forward(const activations& in, activations& out, const pass&) override {
    windows(in, [&](std::size_t to, auto count, auto&& taps) {
      using detail::vector;
      using scalar::max;
      bool first = true;
      vector result(0.0f);
      taps([&](std::size_t from) {
        const vector x = detail::load(in.data + from, count);
        result = first ? x : Layer::averages ? result + x : max(result, x);
        first = false;
      });
      detail::store(out.data + to, Layer::averages ? result * vector(share()) : result, count);
    });
  }

  void backward(const activations& in, const activations& out, const float* grad_out, float* grad_in,
                const pass&) override {
    if (grad_in == nullptr) return;
    // If windows do not overlap, each input has at most one gradient, and nothing is accumulated.
    const geometry& g = geometry_;
    const bool apart = g.stride.height >= g.kernel.height && g.stride.width >= g.kernel.width;
    const bool all_reached = g.stride == g.kernel && g.padding == extent{0, 0} &&
                             g.in.height == g.out.height * g.kernel.height &&
                             g.in.width == g.out.width * g.kernel.width;
    if (!all_reached)
      detail::for_all(in.size(),
                      [&](std::size_t i, auto count) { detail::store(grad_in + i, detail::vector(0.0f), count); });
    windows(in, [&](std::size_t to, auto count, auto&& taps) {
      using detail::vector;
      using scalar::select;
      vector left = detail::load(grad_out + to, count);
      if constexpr (Layer::averages) left *= vector(share());
      const vector largest = detail::load(out.data + to, count);
      taps([&](std::size_t from) {
        vector part = left;
        if constexpr (!Layer::averages) {
          part = select(detail::load(in.data + from, count) == largest, left, vector(0.0f));
          left -= part;
        }
        detail::store(grad_in + from, apart ? part : detail::load(grad_in + from, count) + part, count);
      });
    });
  }

private:
  [[nodiscard]] float share() const noexcept {
    return 1.0f / static_cast<float>(geometry_.kernel.height * geometry_.kernel.width);
  }

  /// Calls body(offset of the output, count, taps) for each vector of channels. taps(each) calls each(offset of the
  /// input) for each element of the window inside the image.
  template <class Body>
  void windows(const activations& in, Body&& body) const noexcept {
    const geometry& g = geometry_;
    const auto channels = index(g.in.channels);
    parallel_for(in.images, [&](int n) {
      const std::size_t from = index(n) * index(g.in.size());
      std::size_t to = index(n) * index(g.out.size());
      for (int y = 0; y < g.out.height; ++y) {
        const int_range rows = g.y_axis().taps(y);
        const int top = g.y_axis().origin(y);
        for (int x = 0; x < g.out.width; ++x, to += channels) {
          const int_range columns = g.x_axis().taps(x);
          const int left = g.x_axis().origin(x);
          detail::for_vectors(g.in.channels, [&](int c, auto count) {
            body(to + index(c), count, [&](auto&& each) {
              for (int ky = rows.first; ky < rows.last; ++ky)
                for (int kx = columns.first; kx < columns.last; ++kx)
                  each(from + index(c) + channels * index((top + ky) * g.in.width + left + kx));
            });
          });
        }
      }
    });
  }

  geometry geometry_;
};

}  // namespace minnow
