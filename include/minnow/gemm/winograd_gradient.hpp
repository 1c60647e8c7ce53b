#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_gradient.hpp>
#include <minnow/gemm/float_transpose.hpp>
#include <minnow/gemm/winograd.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/float_vector.hpp>

/// Gradient of the weights of 3x3 windows by minimal filtering (winograd.hpp). For Y = A' [(G g G') . (B' d B)] A, the
/// gradient with respect to g is G' [(A dY A') . (B' d B)] G, summed over tiles, where dY is the gradient of Y. Each of
/// the 16 points again needs one product of matrices, (channels, tiles) by (tiles, filters).
namespace minnow::kernels {

namespace detail {

/// Transforms output gradients: z = A y A'.
template <class Value>
void winograd_output_gradient(const Value (&y)[2][2], Value (&z)[4][4]) noexcept {
  const auto line = [](const Value& a, const Value& b, Value& first, Value& second, Value& third, Value& fourth) {
    first = a, second = a + b, third = a - b, fourth = -b;
  };
  Value t[4][2];
  for (int i = 0; i < 2; ++i) line(y[0][i], y[1][i], t[0][i], t[1][i], t[2][i], t[3][i]);
  for (int i = 0; i < 4; ++i) line(t[i][0], t[i][1], z[i][0], z[i][1], z[i][2], z[i][3]);
}

/// Transforms the sums u of the 16 points to the gradient of a 3x3 kernel: g = G' u G.
template <class Value>
void winograd_kernel_gradient(const Value (&u)[4][4], Value (&g)[3][3]) noexcept {
  const Value half(0.5f);
  const auto line = [&](const Value& a, const Value& b, const Value& c, const Value& d, Value& first, Value& second,
                        Value& third) {
    const Value sum = half * (b + c);
    first = a + sum, second = half * (b - c), third = sum + d;
  };
  Value t[3][4];
  for (int i = 0; i < 4; ++i) line(u[0][i], u[1][i], u[2][i], u[3][i], t[0][i], t[1][i], t[2][i]);
  for (int i = 0; i < 3; ++i) line(t[i][0], t[i][1], t[i][2], t[i][3], g[i][0], g[i][1], g[i][2]);
}

/// Scratch memory of one thread.
struct winograd_gradient_scratch {
  aligned_floats points;              // [16][tiles][channels]: B' d B
  aligned_floats gradients;           // [16][panel][tiles][columns]: A dY A'
  aligned_floats zeros;               // values outside the image
  std::vector<const float*> sources;  // [tiles]: inputs of each tile at one point
};

/// Gradient of the weights of one layer, divided into items. An item is the contribution of one part of the tiles to
/// the gradient for a group of filters and a chunk of channels. One thread computes an item, with its points and sums
/// in that thread's L2 cache. The inputs are transformed once for each group of filters, and the gradients once for
/// each chunk of channels. This takes at most a tenth more work than to transform both only once, and no data is passed
/// between threads.
template <class Arch>
struct winograd_weight_gradient {
  using vector = float_vector<Arch>;
  static constexpr int lanes = float_tile<Arch>::lanes, columns = float_tile<Arch>::columns;
  static constexpr int rows = float_tile<Arch>::many_registers ? 8 : 4;  ///< channels of a tile; divides `channels`
  static constexpr int chunk = 64;                                       ///< channels of an item
  static constexpr int group = 2 * columns;                              ///< filters of an item
  static constexpr int together = 64;                                    ///< tiles that are transformed at a time
  static constexpr int least_items = 16;  ///< tiles are divided to get this many items, for any number of threads
  static constexpr std::size_t points_plane = winograd_plane(together, chunk),
                               gradients_plane = winograd_plane(together, group);
  static constexpr std::size_t sums_size = index(winograd_points) * chunk * group;

  const geometry& g;
  winograd_tiles tiles;
  const float* in;
  const float* grad_out;
  int channels = g.in.channels, filters = g.out.channels;
  int groups = ceil_div(filters, group), chunks = ceil_div(channels, chunk);
  int parts = (std::clamp)(ceil_div(least_items, groups* chunks), 1, std::max(ceil_div(tiles.count(), together), 1));

  [[nodiscard]] int items() const noexcept { return groups * chunks * parts; }

  /// Computes the sums of an item: sums (16, panels of the group, chunk, columns), overwritten.
  void run(int item, float* sums) const noexcept {
    thread_local winograd_gradient_scratch scratch;
    scratch.points.resize(winograd_points * points_plane);
    scratch.gradients.resize(winograd_points * gradients_plane);
    scratch.zeros.resize(index(std::max(chunk, group)));
    scratch.sources.resize(together);
    const int part = item % parts, channel = item / parts % chunks * chunk, filter = item / parts / chunks * group;
    const int some_channels = std::min(chunk, channels - channel), some_filters = std::min(group, filters - filter);
    std::fill_n(sums, sums_size, 0.0f);
    const auto begin_of = [&](int p) { return static_cast<int>(static_cast<long long>(tiles.count()) * p / parts); };
    for (int first = begin_of(part); first < begin_of(part + 1); first += together) {
      const int count = std::min(together, begin_of(part + 1) - first);
      for (int t = 0; t < count; ++t) {
        transform_inputs(first + t, channel, some_channels, t, scratch);
        transform_gradients(first + t, filter, some_filters, t, scratch);
      }
      for (int point = 0; point < winograd_points; ++point) {
        for (int t = 0; t < count; ++t)
          scratch.sources[index(t)] = scratch.points.data() + index(point) * points_plane + index(t) * chunk;
        for (int f = 0; f < some_filters; f += columns) {
          const float* gradients = scratch.gradients.data() + index(point) * gradients_plane + index(f) * together;
          float* to = sums_of(sums, point, f);
          for (int c = 0; c < some_channels; c += rows)
            add_pixels<Arch>(scratch.sources.data(), c, gradients, count, to + static_cast<std::ptrdiff_t>(c) * columns,
                             std::make_integer_sequence<int, rows>{});
        }
      }
    }
  }

  /// Adds up the sums u of the parts for one panel (`columns` filters) and some channels, and stores G' u G in
  /// grad_weights (F,3,3,C).
  void finish(int filter, int channel, float* sums, float* grad_weights) const noexcept {
    alignas(64) float taps[9][index(rows * columns)];
    sums += index((filter / group * chunks + channel / chunk) * parts) * sums_size;
    for (int at = 0; at < rows * columns; at += lanes) {
      vector u[4][4], kernel[3][3];
      for (int k = 0; k < winograd_points; ++k) {
        const float* from =
            sums_of(sums, k, filter % group) + static_cast<std::ptrdiff_t>(channel % chunk) * columns + at;
        u[k / 4][k % 4] = vector::load_unaligned(from);
        for (int part = 1; part < parts; ++part)
          u[k / 4][k % 4] = u[k / 4][k % 4] + vector::load_unaligned(from + index(part) * sums_size);
      }
      winograd_kernel_gradient(u, kernel);
      for (int tap = 0; tap < 9; ++tap) kernel[tap / 3][tap % 3].store_unaligned(taps[tap] + at);
    }
    float* to = grad_weights + index(filter) * 9 * index(channels) + channel;
    for (int tap = 0; tap < 9; ++tap)
      transpose<Arch>(taps[tap], columns, rows, std::min(columns, filters - filter),
                      to + static_cast<std::ptrdiff_t>(tap) * channels, index(9 * channels));
  }

private:
  [[nodiscard]] static float* sums_of(float* sums, int point, int filter) noexcept {
    return sums + (static_cast<std::ptrdiff_t>(point) * group + filter) * chunk;
  }

  void transform_inputs(int tile, int channel, int count, int t, winograd_gradient_scratch& scratch) const noexcept {
    const float* sources[4][4];
    tiles.sources(in + channel, tile, scratch.zeros.data(), sources);
    winograd_transform<vector>(sources, count, scratch.points.data() + index(t) * chunk, points_plane);
  }

  void transform_gradients(int tile, int filter, int count, int t, winograd_gradient_scratch& scratch) const noexcept {
    const tap_map& map = tiles.map;
    const tap_map::pixel at = tiles.at(tile);
    const float* pixels[2][2];
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        pixels[i][j] = at.y + i < map.to.height && at.x + j < map.to.width
                           ? grad_out + map.target({at.image, at.y + i, at.x + j}) + filter
                           : scratch.zeros.data();
    for (int f = 0; f < ceil_div(count, columns) * columns; f += lanes) {
      vector y[2][2], z[4][4];
      for (int i = 0; i < 4; ++i)
        y[i / 2][i % 2] = f < count ? vector::load_unaligned(pixels[i / 2][i % 2] + f) : vector(0.0f);
      winograd_output_gradient(y, z);
      float* to = scratch.gradients.data() + index(f / columns * columns) * together + index(t) * columns + f % columns;
      for (int k = 0; k < winograd_points; ++k) z[k / 4][k % 4].store_unaligned(to + index(k) * gradients_plane);
    }
  }
};

}  // namespace detail

/// Computes the same gradient of the weights as product_backward_weights: in (N,H,W,C), grad_out (N,H',W',F) ->
/// grad_weights (F,3,3,C), overwritten.
///
/// requires  winograd_serves<Arch>(g)
/// cost      16 multiply-adds for 2x2 outputs and a pair of channels; results are bitwise identical for any number of
///           threads
/// throws    never; the calling thread keeps its scratch, so that repeated calls allocate nothing
template <class Arch = best>
void winograd_backward_weights(const geometry& g, int images, const float* in, const float* grad_out,
                               float* grad_weights) noexcept {
  thread_local aligned_floats sums;
  using gradient = detail::winograd_weight_gradient<Arch>;
  const gradient work{g, {forward_taps(g), images}, in, grad_out};
  sums.resize(std::max(sums.size(), index(work.items()) * gradient::sums_size));
  float* const of_items = sums.data();
  parallel_for(work.items(), [&](int item) { work.run(item, of_items + index(item) * gradient::sums_size); });
  const int panels = ceil_div(work.filters, gradient::columns), rows = work.channels / gradient::rows;
  parallel_for(panels * rows, [&](int item) {
    work.finish(item / rows * gradient::columns, item % rows * gradient::rows, of_items, grad_weights);
  });
}

}  // namespace minnow::kernels
