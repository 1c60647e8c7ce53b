#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_panels.hpp>
#include <minnow/gemm/float_taps.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow::kernels {

namespace detail {

/// Addresses that one thread uses for a tile, whose rows are output pixels: the taps (kernel positions) at which some
/// row reads an input, the address of each row's input at these taps, and the destination of each row's sums.
template <int Rows>
struct tile_sources {
  int channels;                    // number of consecutive inputs at each address
  std::vector<int> taps;           // taps at which some row reads an input
  std::vector<const float*> rows;  // [index in `taps`][Rows]: inputs
  float* targets[index(Rows)];
  std::vector<float> zeros;    // input of a row that has none at a tap where other rows have one
  std::vector<float> windows;  // [Rows][inputs], if windows are gathered

  /// Finds the addresses for `count` pixels from pixel `first` on. Rows beyond the last pixel repeat this pixel: they
  /// cost nothing extra and are not stored.
  void find(const tap_map& map, int images, const float* from, float* to, int first, int count, bool gathered) {
    const std::size_t inputs = index(map.inputs());
    tap_map::pixel pixels[index(Rows)];
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
        rows.push_back(windows.data() + index(r) * inputs);
        gather_window(map, from, pixels[r], windows.data() + index(r) * inputs);
      }
      return;
    }
    channels = map.from.channels;
    zeros.resize(index(channels));
    for (int tap = 0; tap < map.taps(); ++tap) {
      const int ky = tap / map.kernel.width, kx = tap - ky * map.kernel.width;
      const float* sources[index(Rows)];
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

/// Range of a window's inputs that are multiplied in one pass: whole taps, or part of one tap.
struct input_range {
  int begin;
  int end;
};

/// Adds the products of a range of inputs to the sums of one tile and one panel (weights of `columns` outputs, see
/// float_panels.hpp). The sums stay in registers. For each row it adds input * weight over taps and channels, in that
/// order, with one fma per step. The sums of the first range start at 0; later ranges continue with the sums in memory.
///
/// cost  per input and tile: 2 * rows multiply-adds of vectors, `rows` broadcasts and 2 loads of a vector
template <class Arch, int Most, int... Row>
void multiply_tile(const tile_sources<Most>& tile, const float* panel, input_range inputs, int count, int column,
                   int valid, std::integer_sequence<int, Row...>) noexcept {
  using vector = float_vector<Arch>;
  constexpr int rows = sizeof...(Row), lanes = float_tile<Arch>::lanes, columns = float_tile<Arch>::columns;
  vector left[index(rows)] = {(static_cast<void>(Row), vector(0.f))...};
  vector right[index(rows)] = {(static_cast<void>(Row), vector(0.f))...};
  if (inputs.begin > 0) {
    const auto get = [&](int row, vector& l, vector& r) {
      const float* from = tile.targets[row] + column;
      float whole[index(columns)];
      if (valid < columns) {
        std::fill(std::copy_n(from, valid, whole), whole + columns, 0.f);
        from = whole;
      }
      l = vector::load_unaligned(from);
      r = vector::load_unaligned(from + lanes);
    };
    (get(Row, left[Row], right[Row]), ...);
  }
  const float* const* source = tile.rows.data();
  for (const int tap : tile.taps) {
    const int first = std::max(inputs.begin - tap * tile.channels, 0),
              last = std::min(inputs.end - tap * tile.channels, tile.channels);
    const float* const from[index(rows)] = {source[Row]...};
    source += Most;
    const float* weights = panel + (static_cast<std::ptrdiff_t>(tap) * tile.channels + first - inputs.begin) * columns;
    for (int c = first; c < last; ++c, weights += columns) {
      const vector w0 = vector::load_unaligned(weights), w1 = vector::load_unaligned(weights + lanes);
      const auto add = [&](float x, vector& l, vector& r) {
        const vector input(x);
        l = fma(input, w0, l);
        r = fma(input, w1, r);
      };
      (add(from[Row][c], left[Row], right[Row]), ...);
    }
  }
  const auto put = [&](int row, const vector& l, const vector& r) {
    if (row >= count) return;
    float* to = tile.targets[row] + column;
    float whole[index(columns)];
    float* at = valid == columns ? to : whole;
    l.store_unaligned(at);
    r.store_unaligned(at + lanes);
    if (valid < columns) std::copy_n(whole, valid, to);
  };
  (put(Row, left[Row], right[Row]), ...);
}

/// Calls multiply_tile for a third, two thirds or all of the `Most` rows, so that a partial tile costs less.
template <class Arch, int Most>
void multiply_rows(const tile_sources<Most>& tile, const float* panel, input_range inputs, int count, int column,
                   int valid) noexcept {
  const auto multiply = [&](auto rows) { multiply_tile<Arch>(tile, panel, inputs, count, column, valid, rows); };
  if (count <= Most / 3) multiply(std::make_integer_sequence<int, Most / 3>{});
  else if (count <= 2 * Most / 3) multiply(std::make_integer_sequence<int, 2 * Most / 3>{});
  else multiply(std::make_integer_sequence<int, Most>{});
}

/// Number of inputs per pass: about equal parts of at most 1536, so that the weights of several panels stay in the L2
/// cache. A part is several whole taps, or part of one tap.
[[nodiscard]] inline int inputs_together(int taps, int channels) noexcept {
  constexpr int most = 1536;
  if (channels > most) return ceil_div(channels, ceil_div(channels, most));
  return ceil_div(taps, ceil_div(taps, most / channels)) * channels;
}

/// Computes a product over windows, forward or gradient of the inputs: from (images, map.from) -> to (images, map.to).
///
/// The weights are packed one part at a time. A part stays in the L2 cache while all tiles of pixels use it.
template <class Arch, class Panels>
void multiply_windows(const tap_map& map, int images, const float* from, const Panels& panels, float* to) noexcept {
  constexpr int rows = float_tile<Arch>::rows, columns = float_tile<Arch>::columns, packed_together = 128;
  constexpr std::size_t cached = 768 * 1024 / sizeof(float);
  // With few channels the loop over one tap is too short, so the taps of a window are first copied side by side.
  const bool gathered = map.taps() > 1 && map.from.channels < 8 && map.dilation == extent{1, 1};
  const int outputs = map.to.channels, pixels = images * map.to.pixels(), tiles = ceil_div(pixels, rows);
  const int channels = gathered ? map.inputs() : map.from.channels;
  const int pass = gathered ? channels : inputs_together(map.taps(), channels);
  const std::size_t size = index(pass) * columns;
  const int together = static_cast<int>(std::clamp<std::size_t>(cached / size, 1, index(panels.count())));
  thread_local aligned_floats room;
  room.resize(std::max(room.size(), index(together) * size));
  float* const packed = room.data();
  for (int begin = 0, end = 0; tiles > 0 && begin < map.inputs(); begin = end) {
    const int end_of_tap = (begin / channels + 1) * channels;
    end = std::min(begin + pass, pass < channels ? end_of_tap : map.inputs());
    for (int first = 0; first < panels.count(); first += together) {
      const int last = std::min(first + together, panels.count());
      parallel_for(ceil_div(end - begin, packed_together), [=, &panels](int part) {
        const int at = part * packed_together;
        panels.pack(first, last, begin + at, std::min(begin + at + packed_together, end), packed + index(at) * columns,
                    size);
      });
      parallel_for(tiles, [=, &map](int item) {
        thread_local tile_sources<rows> tile;
        const int pixel = item * rows, count = std::min(rows, pixels - pixel);
        tile.find(map, images, from, to, pixel, count, gathered);
        for (int panel = first; panel < last; ++panel)
          multiply_rows<Arch>(tile, packed + index(panel - first) * size, {begin, end}, count, panel * columns,
                              std::min(columns, outputs - panel * columns));
      });
    }
  }
}

}  // namespace detail

/// Computes the forward product: in (N,H,W,C) -> out (N,H',W',F).
///
/// out[n][oy][ox][f] = sum over ky, kx, c of in[n][iy][ix][c] * w[f][ky][kx][c], where (iy, ix) is the input pixel at
/// tap (ky, kx) of the window at (oy, ox). Pixels outside the image count as zeros. A dense layer is the geometry with
/// one tap: in (N,1,1,K) -> out (N,1,1,F).
///
/// weights   (F,ky,kx,C)
/// cost      2 * images * g.macs() operations; results are bitwise identical for any number of threads
/// throws    never; each thread keeps its scratch, so that repeated calls allocate nothing
template <class Arch = best>
void product_forward(const geometry& g, int images, const float* in, const float* weights, float* out) noexcept {
  detail::multiply_windows<Arch>(forward_taps(g), images, in, forward_panels<Arch>{g, weights}, out);
}

/// Computes the gradient of the inputs: grad_out (N,H',W',F) -> grad_in (N,H,W,C), overwritten.
///
/// grad_in[n][iy][ix][c] = sum over ky, kx, f of grad_out[n][oy][ox][f] * w[f][ky][kx][c], where (oy, ox) is the output
/// pixel whose window contains the input pixel (iy, ix) at tap (ky, kx), if there is one.
///
/// weights   (F,ky,kx,C)
/// cost      2 * images * g.macs() operations for any stride; results are bitwise identical for any number of threads
/// throws    never; each thread keeps its scratch, so that repeated calls allocate nothing
template <class Arch = best>
void product_backward_inputs(const geometry& g, int images, const float* grad_out, const float* weights,
                             float* grad_in) noexcept {
  detail::multiply_windows<Arch>(backward_taps(g), images, grad_out, backward_panels<Arch>{g, weights}, grad_in);
}

}  // namespace minnow::kernels
