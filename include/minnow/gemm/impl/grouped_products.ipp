#pragma once

#include <minnow/gemm/grouped_products.hpp>

#include <algorithm>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/scalar.hpp>

namespace minnow::detail {

inline vector add_product(const vector& a, const vector& b, const vector& sum) noexcept {
  using scalar::fma;
  return fma(a, b, sum);
}

template <class Each>
inline void depthwise_products::each_tap(int y, int x, Each&& each) const noexcept {
  const int_range rows = g_.y_axis().taps(y), columns = g_.x_axis().taps(x);
  const int top = g_.y_axis().origin(y), left = g_.x_axis().origin(x);
  for (int ky = rows.first; ky < rows.last; ++ky)
    for (int kx = columns.first; kx < columns.last; ++kx)
      each(ky * g_.kernel.width + kx, (top + ky) * g_.in.width + left + kx);
}

template <class Count>
inline vector depthwise_products::of_tap(const float* in, const float* grad_out, int ky, int kx,
                                         Count count) const noexcept {
  const int channels = g_.in.channels;
  vector parts[4] = {vector(0.0f), vector(0.0f), vector(0.0f), vector(0.0f)};
  const axis along_x = g_.x_axis();
  const int_range rows = g_.y_axis().positions_inside(ky, {0, g_.out.height});
  const int_range columns = along_x.positions_inside(kx, {0, g_.out.width});
  for (int y = rows.first; y < rows.last; ++y) {
    const int row = g_.y_axis().origin(y) + ky;
    const auto step = [&](int x, int part) {
      const float* from = in + at(row * g_.in.width + along_x.origin(x) + kx) * at(channels);
      parts[part] =
          add_product(load(from, count), load(grad_out + at(y * g_.out.width + x) * at(channels), count), parts[part]);
    };
    int x = columns.first;
    for (; x + 4 <= columns.last; x += 4)
      for (int part = 0; part < 4; ++part) step(x + part, part);
    for (; x < columns.last; ++x) step(x, 0);
  }
  return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

MINNOW_INLINE void depthwise_products::forward(int images, const float* in, const float* weights, float* out) {
  by_tap(weights);
  const int channels = g_.in.channels;
  parallel_for(images * g_.out.height, [&](int row) {
    const int n = row / g_.out.height;
    float* to = out + at(row) * at(g_.out.width * channels);
    for (int x = 0; x < g_.out.width; ++x, to += channels)
      for_vectors(channels, [&](int c, auto count) {
        vector sum(0.0f);
        each_tap(row % g_.out.height, x, [&](int tap, int pixel) {
          sum = add_product(load(in + input(n, pixel) + c, count), load(by_tap_.data() + at(tap * channels) + c, count),
                            sum);
        });
        store(to + c, sum, count);
      });
  });
}

MINNOW_INLINE void depthwise_products::backward_inputs(int images, const float* grad_out, const float* weights,
                                                       float* grad_in) {
  by_tap(weights);
  const int channels = g_.in.channels;
  parallel_for(images, [&](int n) {
    std::fill_n(grad_in + input(n, 0), at(g_.in.size()), 0.0f);
    const float* from = grad_out + at(n) * at(g_.out.size());
    for (int y = 0; y < g_.out.height; ++y)
      for (int x = 0; x < g_.out.width; ++x, from += channels)
        each_tap(y, x, [&](int tap, int pixel) {
          float* to = grad_in + input(n, pixel);
          const float* by = by_tap_.data() + at(tap * channels);
          for_vectors(channels, [&](int c, auto count) {
            store(to + c, add_product(load(from + c, count), load(by + c, count), load(to + c, count)), count);
          });
        });
  });
}

MINNOW_INLINE void depthwise_products::backward_weights(int images, const float* in, const float* grad_out,
                                                        float* gradient) {
  const int channels = g_.in.channels;
  by_tap_.assign(at(taps_ * channels), 0.0f);
  parallel_for(ceil_div(channels, lanes), [&](int item) {
    const int c = item * lanes;
    const auto add = [&](auto count) {
      for (int n = 0; n < images; ++n)
        for (int ky = 0; ky < g_.kernel.height; ++ky)
          for (int kx = 0; kx < g_.kernel.width; ++kx) {
            float* to = by_tap_.data() + at((ky * g_.kernel.width + kx) * channels + c);
            store(
                to,
                load(to, count) + of_tap(in + input(n, 0) + c, grad_out + at(n) * at(g_.out.size()) + c, ky, kx, count),
                count);
          }
    };
    if (channels - c >= lanes) add(whole{});
    else add(channels - c);
    for (int channel = c; channel < std::min(c + lanes, channels); ++channel)
      for (int tap = 0; tap < taps_; ++tap) gradient[at(channel * taps_ + tap)] = by_tap_[at(tap * channels + channel)];
  });
}

MINNOW_INLINE void depthwise_products::by_tap(const float* weights) {
  by_tap_.resize(at(taps_ * g_.in.channels));
  for (int c = 0; c < g_.in.channels; ++c)
    for (int tap = 0; tap < taps_; ++tap) by_tap_[at(tap * g_.in.channels + c)] = weights[at(c * taps_ + tap)];
}

MINNOW_INLINE grouped_products::grouped_products(const geometry& g)
    : g_(g),
      one_(window_over({g.in.height, g.in.width, g.group_channels()}, g.group_filters(), g.kernel, g.stride, g.padding,
                       g.end_padding)),
      depthwise_(g) {}

MINNOW_INLINE void grouped_products::forward(int images, const float* in, const float* weights, float* out,
                                             bool in_order) {
  if (is_depthwise()) return depthwise_.forward(images, in, weights, out);
  for (int group = 0; group < g_.groups; ++group) {
    one_.forward(images, gathered(images, g_.in, in, group, in_), weights + group * group_weights(),
                 room(images, g_.out, out, out_), in_order);
    scatter(images, g_.out, group, out);
  }
}

MINNOW_INLINE void grouped_products::backward_inputs(int images, const float* grad_out, const float* weights,
                                                     float* grad_in) {
  if (is_depthwise()) return depthwise_.backward_inputs(images, grad_out, weights, grad_in);
  for (int group = 0; group < g_.groups; ++group) {
    one_.backward_inputs(images, gathered(images, g_.out, grad_out, group, in_), weights + group * group_weights(),
                         room(images, g_.in, grad_in, out_));
    scatter(images, g_.in, group, grad_in);
  }
}

MINNOW_INLINE void grouped_products::backward_weights(int images, const float* in, const float* grad_out,
                                                      float* gradient) {
  if (is_depthwise()) return depthwise_.backward_weights(images, in, grad_out, gradient);
  for (int group = 0; group < g_.groups; ++group)
    one_.backward_weights(images, gathered(images, g_.in, in, group, in_),
                          gathered(images, g_.out, grad_out, group, out_), gradient + group * group_weights());
}

MINNOW_INLINE const float* grouped_products::gathered(int images, shape s, const float* map, int group,
                                                      kernels::aligned_floats& to) const {
  if (g_.groups == 1) return map;
  const int channels = s.channels / g_.groups;
  to.resize(rows(images, s) * index(channels));
  copy_rows(rows(images, s), channels, 1, map + group * channels, s.channels, to.data(), channels);
  return to.data();
}

MINNOW_INLINE float* grouped_products::room(int images, shape s, float* map, kernels::aligned_floats& to) const {
  if (g_.groups == 1) return map;
  to.resize(rows(images, s) * index(s.channels / g_.groups));
  return to.data();
}

MINNOW_INLINE void grouped_products::scatter(int images, shape s, int group, float* map) const {
  if (g_.groups == 1) return;
  const int channels = s.channels / g_.groups;
  copy_rows(rows(images, s), channels, 1, out_.data(), channels, map + group * channels, s.channels);
}

}  // namespace minnow::detail
