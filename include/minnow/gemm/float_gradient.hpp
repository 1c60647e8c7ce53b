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
#include <minnow/gemm/float_transpose.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow::kernels {

namespace detail {

/// Memory that product_backward_weights uses across its passes over the output pixels. It grows to the size of the
/// thread's largest layer. A panel is a group of filters that a tile covers; each filter is a column. A tap is one
/// position of the convolution kernel.
struct gradient_scratch {
  aligned_floats panels;              // [panel][pixel of the pass][column]: columns of grad_out
  std::vector<const float*> sources;  // [tap][pixel of the pass]
  aligned_floats windows;             // [pixel of the pass][channels], if windows are gathered
  std::vector<float> zeros;           // input outside the image
  aligned_floats sums;                // [panel][tap][tile][row][column], kept between passes
};

/// Adds the products of `count` pixels, one pixel after another, to the sums of one tile. The rows of the tile are
/// input channels, its columns are filters.
///
/// cost  per pixel: 2 * rows multiply-adds of vectors, `rows` broadcasts and 2 loads of a vector
template <class Arch, int... Row>
void add_pixels(const float* const* sources, int channel, const float* panel, int count, float* sums,
                std::integer_sequence<int, Row...>) noexcept {
  using vector = float_vector<Arch>;
  constexpr int lanes = float_tile<Arch>::lanes, columns = float_tile<Arch>::columns;
  vector left[] = {vector::load_unaligned(sums + Row * columns)...};
  vector right[] = {vector::load_unaligned(sums + Row * columns + lanes)...};
  for (int p = 0; p < count; ++p, panel += columns) {
    const float* from = sources[p] + channel;
    const vector g0 = vector::load_unaligned(panel), g1 = vector::load_unaligned(panel + lanes);
    const auto add = [&](float x, vector& l, vector& r) {
      const vector input(x);
      l = fma(input, g0, l);
      r = fma(input, g1, r);
    };
    (add(from[Row], left[Row], right[Row]), ...);
  }
  (left[Row].store_unaligned(sums + Row * columns), ...);
  (right[Row].store_unaligned(sums + Row * columns + lanes), ...);
}

/// Gradient of the weights of one layer: the sizes, and the two steps of each pass over a range of output pixels,
/// prepare() and sum().
///
/// If there are fewer channels than a tile has rows, windows are gathered (copied to contiguous memory), and the inputs
/// of a window count as the channels of a single tap.
template <class Arch>
struct weight_gradient {
  static constexpr int rows = float_tile<Arch>::channel_rows, columns = float_tile<Arch>::columns;
  static constexpr int tile_size = rows * columns, tiles_together = 8;
  static constexpr int block = 256;       // number of pixels whose columns of grad_out stay in the L1 cache
  static constexpr int pass = 4 * block;  // number of pixels between two synchronizations of the threads

  const geometry& g;
  int images;
  const float* in;
  const float* grad_out;
  float* grad_weights;
  gradient_scratch& scratch;

  tap_map map = forward_taps(g);
  int inputs = g.inputs(), filters = g.out.channels, pixels = images * g.out.pixels();
  bool gathered = g.in.channels < rows;
  int taps = gathered ? 1 : map.taps();
  int valid_channels = gathered ? inputs : g.in.channels;
  int channels = gathered ? ceil_div(inputs, rows) * rows : g.in.channels;
  int tiles = ceil_div(channels, rows), chunks = ceil_div(tiles, tiles_together), panels = ceil_div(filters, columns);
  bool one_pass = pixels <= pass;  // true: each chunk is completed before the next, so no sums are kept in memory

  void reserve() const {
    const auto grow = [](auto& to, std::size_t size) { to.resize(std::max(to.size(), size)); };
    grow(scratch.panels, index(panels) * pass * columns);
    grow(scratch.sources, index(taps) * pass);
    grow(scratch.zeros, index(channels));
    // Each window is padded with zeros to whole tiles; gather_window does not write this padding.
    if (gathered) scratch.windows.assign(index(pass) * index(channels), 0.f);
    if (!one_pass) grow(scratch.sums, index(panels) * index(taps) * index(tiles) * tile_size);
  }

  /// Prepares pixel p of the pass that starts at pixel `begin`: copies its gradients into the panels, and finds the
  /// input of each tap.
  void prepare(int begin, int p) const noexcept {
    const float* gradients = grad_out + index(begin + p) * index(filters);
    for (int panel = 0; panel < panels; ++panel) {
      copy_columns<columns>(gradients + panel * columns, filters - panel * columns,
                            scratch.panels.data() + (index(panel) * pass + index(p)) * columns);
    }
    const tap_map::pixel at = map.pixel_at(begin + p, images);
    if (gathered) {
      float* window = scratch.windows.data() + index(p) * index(channels);
      gather_window(map, in, at, window);
      scratch.sources[index(p)] = window;
      return;
    }
    for (int tap = 0; tap < taps; ++tap) {
      const int ky = tap / g.kernel.width;
      const float* source = map.source(in, at, ky, tap - ky * g.kernel.width);
      scratch.sources[index(tap) * pass + index(p)] = source ? source : scratch.zeros.data();
    }
  }

  /// First channel of a tile. If the number of channels is not a multiple of a tile's rows, the last tile starts early:
  /// it computes some channels a second time, in separate sums, and only one copy of them is stored.
  [[nodiscard]] int first_channel(int tile) const noexcept { return std::min(tile * rows, channels - rows); }

  /// Adds the `count` pixels of the pass that starts at pixel `begin` to the sums of one chunk of tiles. The last pass
  /// stores the sums.
  void sum(int begin, int count, int item) const noexcept {
    const int panel = item / (taps * chunks), tap = item / chunks % taps;
    const int first = item % chunks * tiles_together, last = std::min(first + tiles_together, tiles);
    float here[index(tiles_together * tile_size)];
    const std::size_t place = (index(panel) * index(taps) + index(tap)) * index(tiles) + index(first);
    float* sums = one_pass ? here : scratch.sums.data() + place * tile_size;
    if (begin == 0) std::fill_n(sums, (last - first) * tile_size, 0.f);
    for (int p = 0; p < count; p += block) {
      const float* gradients = scratch.panels.data() + (index(panel) * pass + index(p)) * columns;
      const float* const* sources = scratch.sources.data() + index(tap) * pass + p;
      for (int tile = first; tile < last; ++tile) {
        add_pixels<Arch>(sources, first_channel(tile), gradients, std::min(block, count - p),
                         sums + (tile - first) * tile_size, std::make_integer_sequence<int, rows>{});
      }
    }
    if (begin + pass < pixels) return;
    const bool early = first_channel(last - 1) < (last - 1) * rows;
    const int regular = early ? last - 1 : last;
    store(sums, panel, tap, first * rows, std::min(regular * rows, valid_channels));
    if (!early) return;
    const int skipped = regular * rows - first_channel(regular);
    store(sums + (regular - first) * tile_size + skipped * columns, panel, tap, regular * rows, valid_channels);
  }

  /// Transposes `sums`, which has one row for each channel from `begin` to `end` and one column for each filter of the
  /// panel, and stores the result in grad_weights (F,ky,kx,C).
  void store(const float* sums, int panel, int tap, int begin, int end) const noexcept {
    float* to = grad_weights + index(panel) * columns * index(inputs) + tap * g.in.channels + begin;
    transpose<Arch>(sums, columns, end - begin, std::min(columns, filters - panel * columns), to, index(inputs));
  }
};

}  // namespace detail

/// Computes the gradient of the weights: in (N,H,W,C), grad_out (N,H',W',F) -> grad_weights (F,ky,kx,C), overwritten.
///
/// grad_weights[f][ky][kx][c] = sum over n, oy, ox of grad_out[n][oy][ox][f] * in[n][iy][ix][c], where (iy, ix) is the
/// input pixel at tap (ky, kx) of the window at (oy, ox).
///
/// cost    2 * images * g.macs() operations; results are bitwise identical for any number of threads
/// throws  never; the calling thread keeps its scratch, so that repeated calls allocate nothing
template <class Arch = best>
void product_backward_weights(const geometry& g, int images, const float* in, const float* grad_out,
                              float* grad_weights) noexcept {
  thread_local detail::gradient_scratch scratch;
  using gradient = detail::weight_gradient<Arch>;
  const gradient work{g, images, in, grad_out, grad_weights, scratch};
  work.reserve();
  // Runs once even without pixels, to store zeros.
  for (int begin = 0; begin == 0 || begin < work.pixels; begin += gradient::pass) {
    const int count = std::min(gradient::pass, work.pixels - begin);
    parallel_for(count, [&](int p) { work.prepare(begin, p); });
    parallel_for(work.panels * work.taps * work.chunks, [&](int item) { work.sum(begin, count, item); });
  }
}

}  // namespace minnow::kernels
