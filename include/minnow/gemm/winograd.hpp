#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_panels.hpp>
#include <minnow/gemm/float_product.hpp>
#include <minnow/gemm/float_taps.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/float_vector.hpp>

/// Float products over 3x3 windows by Winograd's minimal filtering, F(2x2, 3x3), with 4/9 of the multiplications of the
/// plain product.
///
/// 2x2 neighboring outputs Y read 4x4 inputs d. With kernel g, for each pair of an input and an output channel,
///
///   Y = A' [(G g G') . (B' d B)] A      B' = 1  0 -1  0     G = 1    0   0      A' = 1  1  1  0
///                                            0  1  1  0         1/2  1/2 1/2         0  1 -1 -1
///                                            0 -1  1  0         1/2 -1/2 1/2
///                                            0  1  0 -1         0    0   1
///
/// where . multiplies two 4x4 matrices element by element, and ' is the transpose. The 16 elements of these matrices
/// are called points. The sums over the input channels are computed between the transforms. So each point needs one
/// product of matrices, (tiles, channels) by (channels, filters), where a tile is a square of 2x2 outputs. An input is
/// transformed once for all filters. The transforms increase numbers only a little (inputs at most 4 times, weights 9/4
/// times), so the error of a sum is a few times the error of the plain product. Sums of small integers are exact.
///
/// source  Winograd 1980; for convolutions Lavin & Gray 2016
namespace minnow::kernels {

/// Returns true if the Winograd products support a layer and save more time than their transforms take.
template <class Arch = best>
[[nodiscard]] constexpr bool winograd_serves(const geometry& g) noexcept {
  constexpr int lanes = float_tile<Arch>::lanes, least = 32;
  const auto wide = [](int channels) { return channels >= least && channels % lanes == 0; };
  return !std::is_same_v<float_vector<Arch>, plain_floats> && g.kernel == extent{3, 3} && g.stride == extent{1, 1} &&
         g.padding.height <= 2 && g.padding.width <= 2 && wide(g.in.channels) && wide(g.out.channels);
}

namespace detail {

inline constexpr int winograd_points = 16;

/// Geometry of the transformed weights: the layer's geometry with a window of 4x4 elements.
[[nodiscard]] constexpr geometry winograd_window(geometry g) noexcept {
  g.kernel = {4, 4};
  return g;
}

/// Transforms inputs in place: d = B' d B.
template <class Value>
void winograd_inputs(Value (&d)[4][4]) noexcept {
  const auto line = [](Value& a, Value& b, Value& c, Value& e) {
    const Value first = a - c, second = b + c, third = c - b, fourth = b - e;
    a = first, b = second, c = third, e = fourth;
  };
  for (int i = 0; i < 4; ++i) line(d[0][i], d[1][i], d[2][i], d[3][i]);
  for (int i = 0; i < 4; ++i) line(d[i][0], d[i][1], d[i][2], d[i][3]);
}

/// Transforms a kernel: u = G g G'.
template <class Value>
void winograd_kernel(const Value (&g)[3][3], Value (&u)[4][4]) noexcept {
  const Value half(0.5f);
  const auto line = [&](const Value& a, const Value& b, const Value& c, Value& first, Value& second, Value& third,
                        Value& fourth) {
    const Value sum = half * (a + c), middle = half * b;
    first = a, second = sum + middle, third = sum - middle, fourth = c;
  };
  Value t[4][3];
  for (int i = 0; i < 3; ++i) line(g[0][i], g[1][i], g[2][i], t[0][i], t[1][i], t[2][i], t[3][i]);
  for (int i = 0; i < 4; ++i) line(t[i][0], t[i][1], t[i][2], u[i][0], u[i][1], u[i][2], u[i][3]);
}

/// Transforms the sums m of the 16 points to outputs: y = A' m A.
template <class Value>
void winograd_outputs(const Value (&m)[4][4], Value (&y)[2][2]) noexcept {
  Value t[2][4];
  for (int i = 0; i < 4; ++i) t[0][i] = m[0][i] + m[1][i] + m[2][i], t[1][i] = m[1][i] - m[2][i] - m[3][i];
  for (int i = 0; i < 2; ++i) y[i][0] = t[i][0] + t[i][1] + t[i][2], y[i][1] = t[i][1] - t[i][2] - t[i][3];
}

/// The 2x2 tiles of the output pixels of a batch.
struct winograd_tiles {
  tap_map map;
  int images;
  int height = ceil_div(map.to.height, 2);
  int width = ceil_div(map.to.width, 2);

  [[nodiscard]] int count() const noexcept { return images * height * width; }

  /// Returns the upper left pixel of a tile.
  [[nodiscard]] tap_map::pixel at(int tile) const noexcept {
    const int line = tile / width, image = line / height;
    return {image, (line - image * height) * 2, (tile - line * width) * 2};
  }

  /// Finds the 4x4 input pixels of a tile: pointers to their channels, or `zeros` for pixels outside the image.
  void sources(const float* from, int tile, const float* zeros, const float* (&to)[4][4]) const noexcept {
    const tap_map::pixel pixel = at(tile);
    const int top = map.y_axis().origin(pixel.y), left = map.x_axis().origin(pixel.x);
    const shape& in = map.from;
    from += ((static_cast<std::ptrdiff_t>(pixel.image) * in.height + top) * in.width + left) * in.channels;
    for (int y = 0; y < 4; ++y, from += static_cast<std::ptrdiff_t>(in.width) * in.channels) {
      const bool inside = top + y >= 0 && top + y < in.height;
      for (int x = 0; x < 4; ++x)
        to[y][x] = inside && left + x >= 0 && left + x < in.width ? from + static_cast<std::ptrdiff_t>(x) * in.channels
                                                                  : zeros;
    }
  }
};

/// Transforms the channels of a tile, B' d B. Point k is stored at to + k * plane.
template <class Vector>
void winograd_transform(const float* const (&from)[4][4], int channels, float* to, std::size_t plane) noexcept {
  for (int c = 0; c < channels; c += static_cast<int>(Vector::size)) {
    Vector d[4][4];
    for (int k = 0; k < winograd_points; ++k) d[k / 4][k % 4] = Vector::load_unaligned(from[k / 4][k % 4] + c);
    winograd_inputs(d);
    for (int k = 0; k < winograd_points; ++k) d[k / 4][k % 4].store_unaligned(to + index(k) * plane + c);
  }
}

/// Distance from the plane of one point (its values for all tiles) to the next plane, in floats: one cache line more
/// than a plane's length, because planes whose distance is a power of two would share cache sets.
[[nodiscard]] constexpr std::size_t winograd_plane(int rows, int length) noexcept {
  return index(rows) * index(length) + 16;
}

/// Scratch memory of one thread.
template <int Rows>
struct winograd_scratch {
  aligned_floats points;  // [16][tiles][channels]
  aligned_floats sums;    // [16][tiles][columns]
  aligned_floats zeros;   // input outside the image
  tile_sources<Rows> tile;
};

/// Processes some tiles of a batch: transforms the inputs, multiplies, and transforms the sums to outputs.
template <class Arch>
struct winograd_block {
  using vector = float_vector<Arch>;
  static constexpr int rows = float_tile<Arch>::rows, lanes = float_tile<Arch>::lanes,
                       columns = float_tile<Arch>::columns;

  const winograd_tiles& tiles;
  int together;  ///< largest number of tiles of one run()
  winograd_scratch<rows>& scratch;

  /// Number of tiles whose transformed inputs stay in the L2 cache while they are multiplied by all filters.
  static int tiles_together(int channels) noexcept {
    constexpr int cached = 768 * 1024 / (winograd_points * static_cast<int>(sizeof(float)));
    return (std::clamp)(cached / channels / rows, 1, 96 / rows) * rows;
  }

  /// Computes the tiles [first, first + count).
  ///
  /// place_of  place_of(k) is the position of point k's weights among the 16 points of a panel, see
  ///           winograd_backward_inputs
  template <class PlaceOf>
  void run(int first, int count, const float* from, const float* panels, float* to, PlaceOf&& place_of) const noexcept {
    const int channels = tiles.map.from.channels;
    const std::size_t plane = winograd_plane(together, channels), sum_plane = winograd_plane(together, columns);
    scratch.points.resize(winograd_points * plane);
    scratch.sums.resize(winograd_points * sum_plane);
    scratch.zeros.resize(index(channels));
    for (int t = 0; t < count; ++t) {
      const float* sources[4][4];
      tiles.sources(from, first + t, scratch.zeros.data(), sources);
      winograd_transform<vector>(sources, channels, scratch.points.data() + index(t) * index(channels), plane);
    }
    tile_sources<rows>& tile = scratch.tile;
    tile.channels = channels;
    tile.taps.assign(1, 0);
    tile.rows.resize(rows);
    const std::size_t point = index(channels) * columns;
    for (int column = 0; column < tiles.map.to.channels; column += columns, panels += winograd_points * point) {
      for (int k = 0; k < winograd_points; ++k)
        for (int row = 0; row < count; row += rows) {
          const int valid = std::min(rows, count - row);
          for (int r = 0; r < rows; ++r) {
            const auto at = index(row + std::min(r, valid - 1));
            tile.rows[index(r)] = scratch.points.data() + index(k) * plane + at * index(channels);
            tile.targets[r] = scratch.sums.data() + index(k) * sum_plane + at * columns;
          }
          multiply_rows<Arch>(tile, panels + index(place_of(k)) * point, {0, channels}, valid, 0, columns);
        }
      for (int t = 0; t < count; ++t) put(first + t, scratch.sums.data() + index(t) * columns, sum_plane, column, to);
    }
  }

private:
  /// Stores the outputs A' m A for the channels of one panel (`columns` channels), in those pixels of the tile that are
  /// inside the output map.
  void put(int tile, const float* sums, std::size_t plane, int column, float* to) const noexcept {
    const tap_map& map = tiles.map;
    const tap_map::pixel at = tiles.at(tile);
    const int height = std::min(2, map.to.height - at.y), width = std::min(2, map.to.width - at.x);
    to += map.target(at) + index(column);
    for (int c = 0; c < std::min(columns, map.to.channels - column); c += lanes) {
      vector m[4][4], y[2][2];
      for (int k = 0; k < winograd_points; ++k) m[k / 4][k % 4] = vector::load_unaligned(sums + index(k) * plane + c);
      winograd_outputs(m, y);
      for (int i = 0; i < height; ++i)
        for (int j = 0; j < width; ++j)
          y[i][j].store_unaligned(to + (static_cast<std::ptrdiff_t>(i) * map.to.width + j) * map.to.channels + c);
    }
  }
};

template <class Arch, class PlaceOf>
void winograd_windows(const tap_map& map, int images, const float* from, const float* panels, float* to,
                      PlaceOf&& place_of) noexcept {
  const winograd_tiles tiles{map, images};
  const int together = winograd_block<Arch>::tiles_together(map.from.channels);
  parallel_for(ceil_div(tiles.count(), together), [&](int item) {
    thread_local winograd_scratch<winograd_block<Arch>::rows> scratch;
    const int first = item * together;
    winograd_block<Arch>{tiles, together, scratch}.run(first, std::min(together, tiles.count() - first), from, panels,
                                                       to, place_of);
  });
}

}  // namespace detail

/// Number of floats of transformed weights.
[[nodiscard]] constexpr std::size_t winograd_weight_floats(const geometry& g) noexcept {
  return index(detail::winograd_window(g).weights());
}
/// Number of floats in the panels, enough for the forward product and for the gradient of the inputs (see
/// float_panels.hpp).
template <class Arch = best>
[[nodiscard]] constexpr std::size_t winograd_panel_floats(const geometry& g) noexcept {
  const geometry window = detail::winograd_window(g);
  return std::max(forward_panel_floats<Arch>(window), backward_panel_floats<Arch>(window));
}

/// Transforms weights (F,3,3,C) -> transformed (F,4,4,C).
template <class Arch = best>
void winograd_weights(const geometry& g, const float* weights, float* transformed) noexcept {
  using vector = float_vector<Arch>;
  const int channels = g.in.channels;
  parallel_for(g.out.channels, [=](int f) {
    const float* from = weights + static_cast<std::ptrdiff_t>(f) * 9 * channels;
    float* to = transformed + static_cast<std::ptrdiff_t>(f) * detail::winograd_points * channels;
    for (int c = 0; c < channels; c += static_cast<int>(vector::size)) {
      vector kernel[3][3], u[4][4];
      for (int tap = 0; tap < 9; ++tap)
        kernel[tap / 3][tap % 3] = vector::load_unaligned(from + static_cast<std::ptrdiff_t>(tap) * channels + c);
      detail::winograd_kernel(kernel, u);
      for (int k = 0; k < detail::winograd_points; ++k)
        u[k / 4][k % 4].store_unaligned(to + static_cast<std::ptrdiff_t>(k) * channels + c);
    }
  });
}

template <class Arch = best>
void winograd_pack_forward(const geometry& g, const float* transformed, float* panels) noexcept {
  pack_forward<Arch>(detail::winograd_window(g), transformed, panels);
}
template <class Arch = best>
void winograd_pack_backward(const geometry& g, const float* transformed, float* panels) noexcept {
  pack_backward<Arch>(detail::winograd_window(g), transformed, panels);
}

/// Computes the same forward product as product_forward: in (N,H,W,C) -> out (N,H',W',F).
///
/// requires  winograd_serves<Arch>(g); panels from winograd_pack_forward of the same Arch
/// cost      16 multiply-adds for 2x2 outputs and a pair of channels; results are bitwise identical for any number of
///           threads
/// throws    never; each thread keeps its scratch, so that repeated calls allocate nothing
template <class Arch = best>
void winograd_forward(const geometry& g, int images, const float* in, const float* panels, float* out) noexcept {
  detail::winograd_windows<Arch>(forward_taps(g), images, in, panels, out, [](int point) { return point; });
}

/// Computes the same gradient of the inputs as product_backward_inputs: grad_out (N,H',W',F) -> grad_in (N,H,W,C),
/// overwritten.
///
/// The gradient needs the kernel rotated by 180 degrees. The points of the rotated kernel are the points of the kernel
/// with the first and last row swapped and the first and last column swapped. The panels hold the points of the kernel
/// from last to first. So only the two middle rows and the two middle columns must be swapped.
///
/// requires  winograd_serves<Arch>(g); panels from winograd_pack_backward of the same Arch
template <class Arch = best>
void winograd_backward_inputs(const geometry& g, int images, const float* grad_out, const float* panels,
                              float* grad_in) noexcept {
  const auto place = [](int i) { return i == 1 ? 2 : i == 2 ? 1 : i; };
  detail::winograd_windows<Arch>(backward_taps(g), images, grad_out, panels, grad_in,
                                 [=](int point) { return place(point / 4) * 4 + place(point % 4); });
}

}  // namespace minnow::kernels
