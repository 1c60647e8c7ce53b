#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_panels.hpp>
#include <minnow/kernels/float_taps.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow::kernels {

namespace detail {

/// One thread's notes on a tile: which taps meet any input, where each row's input stands, where each row's sums go.
template <int Rows>
struct tile_sources {
  int channels;                    // consecutive inputs at each source
  std::vector<int> taps;           // those that meet an input
  std::vector<const float*> rows;  // [tap of taps][Rows]
  float* targets[Rows];
  std::vector<float> zeros;    // the input of a row that meets none at a tap where others do
  std::vector<float> windows;  // [Rows][inputs], where windows are gathered

  /// Rows beyond the last repeat it: they cost nothing extra and are not stored.
  void find(const tap_map& map, int images, const float* from, float* to, int first, int count, bool gathered) {
    const std::size_t inputs = static_cast<std::size_t>(map.inputs());
    tap_map::pixel pixels[Rows];
    for (int r = 0; r < Rows; ++r) {
      pixels[r] = r < count ? map.pixel_at(first + r, images) : pixels[count - 1];
      targets[r] = to + map.target(pixels[r]);
    }
    taps.clear();
    rows.clear();
    if (gathered) {
      windows.resize(Rows * inputs);
      channels = map.inputs();
      taps.push_back(0);
      for (int r = 0; r < Rows; ++r) {
        rows.push_back(windows.data() + static_cast<std::size_t>(r) * inputs);
        gather_window(map, from, pixels[r], windows.data() + static_cast<std::size_t>(r) * inputs);
      }
      return;
    }
    channels = map.from.channels;
    zeros.resize(static_cast<std::size_t>(channels));
    for (int tap = 0; tap < map.taps(); ++tap) {
      const int ky = tap / map.kernel.width, kx = tap - ky * map.kernel.width;
      const float* sources[Rows];
      bool any = false;
      for (int r = 0; r < Rows; ++r) {
        sources[r] = map.source(from, pixels[r], ky, kx);
        any = any || sources[r];
      }
      if (!any) continue;
      taps.push_back(tap);
      for (const float* source : sources) rows.push_back(source ? source : zeros.data());
    }
  }
};

/// The sums of one tile and one panel, in registers throughout: for each row its sum over taps and channels of
/// input * weight, in that order, each step rounded once.
///
/// cost  per input and tile: 2 * rows multiply-adds, rows broadcasts and 2 loads of a vector
template <class Arch, int... Row>
void multiply_tile(const tile_sources<sizeof...(Row)>& tile, const float* panel, int count, int column, int valid,
                   std::integer_sequence<int, Row...>) noexcept {
  using vector = float_vector<Arch>;
  constexpr int rows = sizeof...(Row), lanes = float_tile<Arch>::lanes, columns = float_tile<Arch>::columns;
  vector left[rows] = {(static_cast<void>(Row), vector(0.f))...};
  vector right[rows] = {(static_cast<void>(Row), vector(0.f))...};
  const float* const* source = tile.rows.data();
  const int channels = tile.channels;
  for (const int tap : tile.taps) {
    const float* const from[rows] = {source[Row]...};
    const float* weights = panel + static_cast<std::size_t>(tap) * channels * columns;
    for (int c = 0; c < channels; ++c, weights += columns) {
      const vector w0 = vector::load_unaligned(weights), w1 = vector::load_unaligned(weights + lanes);
      const auto add = [&](float x, vector& l, vector& r) {
        const vector input(x);
        l = fma(input, w0, l);
        r = fma(input, w1, r);
      };
      (add(from[Row][c], left[Row], right[Row]), ...);
    }
    source += rows;
  }
  const auto put = [&](int row, const vector& l, const vector& r) {
    if (row >= count) return;
    float* to = tile.targets[row] + column;
    float whole[columns];
    float* at = valid == columns ? to : whole;
    l.store_unaligned(at);
    r.store_unaligned(at + lanes);
    if (valid < columns) std::copy_n(whole, valid, to);
  };
  (put(Row, left[Row], right[Row]), ...);
}

/// Both products over windows: to (images, map.to), from (images, map.from).
///
/// Panels come in groups that stay in the second-level cache while the tiles of pixels pass over them.
template <class Arch>
void multiply_windows(const tap_map& map, int images, const float* from, const float* panels, float* to) noexcept {
  constexpr int rows = float_tile<Arch>::rows, columns = float_tile<Arch>::columns;
  constexpr std::size_t cached = 768 * 1024 / sizeof(float);
  // With few channels a tap is too short a loop, so the window's taps are laid end to end first.
  const bool gathered = map.taps() > 1 && map.from.channels < 8 && map.dilation == extent{1, 1};
  const int outputs = map.to.channels, pixels = images * map.to.pixels();
  const int tiles = ceil_div(pixels, rows), panel_count = ceil_div(outputs, columns);
  const std::size_t panel_size = static_cast<std::size_t>(map.inputs()) * columns;
  const int together =
      static_cast<int>(std::clamp<std::size_t>(cached / panel_size, 1, static_cast<std::size_t>(panel_count)));
  parallel_for(ceil_div(panel_count, together) * tiles, [=, &map](int item) {
    thread_local tile_sources<rows> tile;
    const int group = item / tiles, first = (item - group * tiles) * rows;
    const int count = std::min(rows, pixels - first);
    tile.find(map, images, from, to, first, count, gathered);
    for (int panel = group * together; panel < std::min((group + 1) * together, panel_count); ++panel) {
      multiply_tile<Arch>(tile, panels + static_cast<std::size_t>(panel) * panel_size, count, panel * columns,
                          std::min(columns, outputs - panel * columns), std::make_integer_sequence<int, rows>{});
    }
  });
}

}  // namespace detail

/// out[n][oy][ox][f] = sum over ky, kx, c of in[n][iy][ix][c] * w[f][ky][kx][c]: in (N,H,W,C) -> out (N,H',W',F).
/// Pixels outside the image count as zeros. A dense layer is the geometry with one tap: in (N,1,1,K) -> out (N,1,1,F).
///
/// requires  panels from pack_forward of the same Arch
/// cost      2 * images * g.macs() operations; results are the same bits for any number of threads
/// throws    never; scratch stays with each thread, so that repeated calls allocate nothing
template <class Arch = best>
void product_forward(const geometry& g, int images, const float* in, const float* panels, float* out) noexcept {
  detail::multiply_windows<Arch>(forward_taps(g), images, in, panels, out);
}

/// grad_in[n][iy][ix][c] = sum over ky, kx, f of grad_out[n][oy][ox][f] * w[f][ky][kx][c] where the window at (oy, ox)
/// holds (iy, ix) at (ky, kx): grad_out (N,H',W',F) -> grad_in (N,H,W,C), overwritten.
///
/// requires  panels from pack_backward of the same Arch
/// cost      2 * images * g.macs() operations for any stride; results are the same bits for any number of threads
/// throws    never; scratch stays with each thread, so that repeated calls allocate nothing
template <class Arch = best>
void product_backward_inputs(const geometry& g, int images, const float* grad_out, const float* panels,
                             float* grad_in) noexcept {
  detail::multiply_windows<Arch>(backward_taps(g), images, grad_out, panels, grad_in);
}

}  // namespace minnow::kernels
