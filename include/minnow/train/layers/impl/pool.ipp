#pragma once

#include <minnow/train/layers/pool.hpp>

#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

template <bool Averages>
template <class Body>
inline void trainable_pool<Averages>::windows(const activations& in, Body&& body) const noexcept {
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
        for_vectors(g.in.channels, [&](int c, auto count) {
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

template <bool Averages>
void trainable_pool<Averages>::forward(const activations& in, activations& out, const pass&) {
  windows(in, [&](std::size_t to, auto count, auto&& taps) {
    using scalar::max;
    bool first = true;
    vector result(0.0f);
    taps([&](std::size_t from) {
      const vector x = load(in.data + from, count);
      result = first ? x : Averages ? result + x : max(result, x);
      first = false;
    });
    store(out.data + to, Averages ? result * vector(share()) : result, count);
  });
}

template <bool Averages>
void trainable_pool<Averages>::backward(const activations& in, const activations& out, const float* grad_out,
                                        float* grad_in, const pass&) {
  if (grad_in == nullptr) return;
  // If windows do not overlap, each input has at most one gradient, and nothing is accumulated.
  const geometry& g = geometry_;
  const bool apart = g.stride.height >= g.kernel.height && g.stride.width >= g.kernel.width;
  const bool all_reached = g.stride == g.kernel && g.padding == extent{0, 0} &&
                           g.in.height == g.out.height * g.kernel.height && g.in.width == g.out.width * g.kernel.width;
  if (!all_reached) for_all(in.size(), [&](std::size_t i, auto count) { store(grad_in + i, vector(0.0f), count); });
  windows(in, [&](std::size_t to, auto count, auto&& taps) {
    using scalar::select;
    vector left = load(grad_out + to, count);
    if constexpr (Averages) left *= vector(share());
    const vector largest = load(out.data + to, count);
    taps([&](std::size_t from) {
      vector part = left;
      if constexpr (!Averages) {
        part = select(load(in.data + from, count) == largest, left, vector(0.0f));
        left -= part;
      }
      store(grad_in + from, apart ? part : load(grad_in + from, count) + part, count);
    });
  });
}

}  // namespace minnow::detail
