#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/float_gradient.hpp>
#include <minnow/kernels/float_transpose.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/winograd.hpp>

/// The gradient of the weights of 3x3 windows by minimal filtering (winograd.hpp). Of Y = A' [(G g G') . (B' d B)] A the
/// gradient by g is G' [(A dY A') . (B' d B)] G, summed over tiles: each of 16 points is again a product of matrices,
/// (channels, tiles) by (tiles, filters).
namespace minnow::kernels {

namespace detail {

/// A y A'.
template <class V>
void winograd_output_gradient(const V (&y)[2][2], V (&z)[4][4]) noexcept {
  const auto line = [](const V& a, const V& b, V& first, V& second, V& third, V& fourth) {
    first = a, second = a + b, third = a - b, fourth = -b;
  };
  V t[4][2];
  for (int i = 0; i < 2; ++i) line(y[0][i], y[1][i], t[0][i], t[1][i], t[2][i], t[3][i]);
  for (int i = 0; i < 4; ++i) line(t[i][0], t[i][1], z[i][0], z[i][1], z[i][2], z[i][3]);
}

/// G' u G.
template <class V>
void winograd_kernel_gradient(const V (&u)[4][4], V (&g)[3][3]) noexcept {
  const V half(0.5f);
  const auto line = [&](const V& a, const V& b, const V& c, const V& d, V& first, V& second, V& third) {
    const V sum = half * (b + c);
    first = a + sum, second = half * (b - c), third = sum + d;
  };
  V t[3][4];
  for (int i = 0; i < 4; ++i) line(u[0][i], u[1][i], u[2][i], u[3][i], t[0][i], t[1][i], t[2][i]);
  for (int i = 0; i < 3; ++i) line(t[i][0], t[i][1], t[i][2], t[i][3], g[i][0], g[i][1], g[i][2]);
}

/// What one call keeps between its passes; grows to the largest layer of its thread.
struct winograd_gradient_scratch {
  aligned_floats points;              // [16][tile of the pass][channels]: B' d B
  aligned_floats gradients;           // [panel][16][tile of the pass][columns]: A dY A'
  aligned_floats sums;                // [panel][16][channels][columns]
  aligned_floats zeros;               // the input outside the image
  std::vector<const float*> sources;  // [16][tile of the pass]
};

template <class Arch>
struct winograd_weight_gradient {
  using vector = float_vector<Arch>;
  static constexpr int lanes = float_tile<Arch>::lanes, columns = float_tile<Arch>::columns;
  static constexpr int rows = float_tile<Arch>::many_registers ? 8 : 4;  ///< channels of a register tile; divides them
  static constexpr int chunk = 64;                                       ///< channels of one item of work
  static constexpr int block = 256;  ///< tiles whose columns stay in the first cache

  const geometry& g;
  winograd_tiles tiles;
  const float* in;
  const float* grad_out;
  winograd_gradient_scratch& scratch;
  int channels = g.in.channels, filters = g.out.channels, panels = ceil_div(filters, columns),
      chunks = ceil_div(channels, chunk);
  /// Tiles between two meetings of the threads, whose points stay in the second cache.
  int pass = std::clamp((1 << 18) / (winograd_points * (channels + filters)), 32, 512);
  std::size_t plane = winograd_plane(pass, channels), gradient_plane = static_cast<std::size_t>(pass) * columns;

  void reserve() const {
    const auto grow = [](auto& to, std::size_t size) { to.resize(std::max(to.size(), size)); };
    grow(scratch.points, winograd_points * plane);
    grow(scratch.gradients, static_cast<std::size_t>(panels) * winograd_points * gradient_plane);
    scratch.sums.assign(
        static_cast<std::size_t>(panels) * winograd_points * static_cast<std::size_t>(channels) * columns, 0.0f);
    grow(scratch.zeros, static_cast<std::size_t>(std::max(channels, panels * columns)));
    grow(scratch.sources, static_cast<std::size_t>(winograd_points) * pass);
    for (int k = 0; k < winograd_points; ++k)
      for (int t = 0; t < pass; ++t)
        scratch.sources[static_cast<std::size_t>(k) * pass + t] =
            scratch.points.data() + static_cast<std::size_t>(k) * plane + static_cast<std::size_t>(t) * channels;
  }

  /// Tile t of the pass from `begin`, transformed on both sides.
  void prepare(int begin, int t) const noexcept {
    const float* sources[4][4];
    tiles.sources(in, begin + t, scratch.zeros.data(), sources);
    winograd_transform<vector>(sources, channels, scratch.points.data() + static_cast<std::size_t>(t) * channels,
                               plane);
    const tap_map& map = tiles.map;
    const tap_map::pixel at = tiles.at(begin + t);
    const float* pixels[2][2];
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        pixels[i][j] = at.y + i < map.to.height && at.x + j < map.to.width
                           ? grad_out + map.target({at.image, at.y + i, at.x + j})
                           : scratch.zeros.data();
    for (int f = 0; f < filters; f += lanes) {
      vector y[2][2], z[4][4];
      for (int i = 0; i < 4; ++i) y[i / 2][i % 2] = vector::load_unaligned(pixels[i / 2][i % 2] + f);
      winograd_output_gradient(y, z);
      float* to = scratch.gradients.data() + static_cast<std::size_t>(f / columns) * winograd_points * gradient_plane +
                  static_cast<std::size_t>(t) * columns + f % columns;
      for (int k = 0; k < winograd_points; ++k)
        z[k / 4][k % 4].store_unaligned(to + static_cast<std::size_t>(k) * gradient_plane);
    }
  }

  [[nodiscard]] float* sums_of(int panel, int point) const noexcept {
    return scratch.sums.data() +
           static_cast<std::size_t>(panel * winograd_points + point) * static_cast<std::size_t>(channels) * columns;
  }

  /// Adds the `count` tiles of the pass to one point of one panel and one chunk of channels.
  void sum(int count, int item) const noexcept {
    const int panel = item / (winograd_points * chunks), point = item / chunks % winograd_points;
    const int first = item % chunks * chunk, last = std::min(first + chunk, channels);
    const float* gradients =
        scratch.gradients.data() + static_cast<std::size_t>(panel * winograd_points + point) * gradient_plane;
    const float* const* sources = scratch.sources.data() + static_cast<std::size_t>(point) * pass;
    for (int t = 0; t < count; t += block)
      for (int c = first; c < last; c += rows)
        add_pixels<Arch>(sources + t, c, gradients + static_cast<std::size_t>(t) * columns, std::min(block, count - t),
                         sums_of(panel, point) + static_cast<std::size_t>(c) * columns,
                         std::make_integer_sequence<int, rows>{});
  }

  /// G' u G of one panel and some channels to their places in grad_weights (F,3,3,C).
  void finish(int panel, int first, float* grad_weights) const noexcept {
    alignas(64) float taps[9][rows * columns];
    for (int at = 0; at < rows * columns; at += lanes) {
      vector u[4][4], kernel[3][3];
      for (int k = 0; k < winograd_points; ++k)
        u[k / 4][k % 4] = vector::load_unaligned(sums_of(panel, k) + static_cast<std::size_t>(first) * columns + at);
      winograd_kernel_gradient(u, kernel);
      for (int tap = 0; tap < 9; ++tap) kernel[tap / 3][tap % 3].store_unaligned(taps[tap] + at);
    }
    float* to = grad_weights + static_cast<std::size_t>(panel) * columns * 9 * channels + first;
    for (int tap = 0; tap < 9; ++tap)
      transpose<Arch>(taps[tap], columns, rows, std::min(columns, filters - panel * columns),
                      to + static_cast<std::ptrdiff_t>(tap) * channels, static_cast<std::size_t>(9 * channels));
  }
};

}  // namespace detail

/// What product_backward_weights computes: in (N,H,W,C), grad_out (N,H',W',F) -> grad_weights (F,3,3,C), overwritten.
///
/// requires  winograd_serves<Arch>(g)
/// cost      16 multiply-adds for 2x2 outputs and a pair of channels; the same bits for any number of threads
/// throws    never; scratch stays with the calling thread, so that repeated calls allocate nothing
template <class Arch = best>
void winograd_backward_weights(const geometry& g, int images, const float* in, const float* grad_out,
                               float* grad_weights) noexcept {
  thread_local detail::winograd_gradient_scratch scratch;
  using gradient = detail::winograd_weight_gradient<Arch>;
  const gradient work{g, {forward_taps(g), images}, in, grad_out, scratch};
  work.reserve();
  const int total = work.tiles.count();
  for (int begin = 0; begin < total; begin += work.pass) {
    const int count = std::min(work.pass, total - begin);
    parallel_for(count, [&](int t) { work.prepare(begin, t); });
    parallel_for(work.panels * detail::winograd_points * work.chunks, [&](int item) { work.sum(count, item); });
  }
  const int groups = work.channels / gradient::rows;
  parallel_for(work.panels * groups,
               [&](int item) { work.finish(item / groups, item % groups * gradient::rows, grad_weights); });
}

}  // namespace minnow::kernels
