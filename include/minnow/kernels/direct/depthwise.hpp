#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/direct/positions.hpp>
#include <minnow/kernels/direct/steps.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>

namespace minnow::kernels::detail {

/// Depthwise convolutions of bytes by 8-bit weights, which are stored in the order [tap][filters of the block]. A tile
/// is some pixels by some neighboring channels.
/// Loops  the loops that this copy contains, see `loops_of`
template <class In, class Weights, unsigned Loops = all_loops>
struct direct_depthwise {
  using steps = direct_steps<In, Weights>;
  static constexpr int pixels = steps::has_depthwise ? 1 : steps::depthwise_pixels,
                       channels = steps::depthwise_channels;

  [[nodiscard]] static constexpr bool serves(const geometry& g) noexcept {
    return (is_bytes(In::storage) || In::storage == encoding::pixel) && Weights::storage == encoding::byte &&
           g.group_channels() == 1 && g.group_filters() == 1;
  }

  /// As direct_kernel::loops_of: bit 0 for tiles of several pixels, bit 1 for tiles of one pixel, bit 2 for the channels
  /// that tiles leave.
  [[nodiscard]] static constexpr unsigned loops_of(const geometry& g) noexcept {
    unsigned loops = g.out.channels % channels != 0 ? 4 : 0;
    for_each_region(g, 0, g.out.height, 1, [&](const region& r) {
      if (r.x.size() >= pixels) loops |= 1;
      if (r.x.size() % pixels != 0) loops |= 2;
    });
    return loops;
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    for (region_walk walk(g, first_row, last_row); walk.next();)
      for (int block = 0; block < blocks(g.out.channels); ++block) multiply_block(walk.current, o, block, sink);
  }

private:
  /// Distances in bytes.
  struct positions {
    std::ptrdiff_t pixel;       ///< from one output pixel's window to the next one's
    std::ptrdiff_t tap;         ///< from the inputs of one tap to the next one's
    std::ptrdiff_t input_row;   ///< from one kernel row's inputs to the next one's
    std::ptrdiff_t weight_tap;  ///< from the weights of one tap to the next one's
    std::ptrdiff_t weight_row;  ///< from one kernel row's weights to the next one's
    std::ptrdiff_t first_weight;
    int rows;
    int taps;  ///< of a kernel row

    positions(const region& r, int filters) noexcept
        : pixel(r.next_pixel_steps() * r.g.in.channels),
          tap(r.g.in.channels),
          input_row(r.input_row_steps() * tap),
          weight_tap(filters),
          weight_row(r.weight_row_steps() * filters),
          first_weight(r.weight_step() * filters),
          rows(r.rows()),
          taps(r.x.taps()) {}
  };

  /// Computes the sums of a region for a block of filters.
  template <class Sink>
  static void multiply_block(const region& r, const operands& o, int block, const Sink& sink) noexcept {
    const int filters = filters_of(r.g.out.channels, block);
    const std::byte* weights =
        o.weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(r.g, block);
    const positions at(r, filters);
    for (int y = r.y.first; y < r.y.last; ++y) {
      const std::byte* from = o.inputs + r.input_step(y, r.x.first) * r.g.in.channels + block * block_filters;
      for (int x = r.x.first; x < r.x.last;) {
        std::int32_t sums[index(pixels)][block_filters];
        const int some = r.x.last - x >= pixels ? pixels : 1;
        if (some == pixels) {
          if constexpr ((Loops & 1) != 0) tiles<pixels>(at, from, weights, filters, sums[0]);
        } else {
          if constexpr ((Loops & 2) != 0) tiles<1>(at, from, weights, filters, sums[0]);
        }
        from += some * at.pixel;
        for (int p = 0; p < some; ++p, ++x) sink.put(y, x, block * block_filters, filters, sums[p]);
      }
    }
  }

  /// Computes the sums of neighboring output pixels for all filters of a block.
  template <int Pixels>
  [[MINNOW_INNER_LOOPS]] static void tiles(const positions& at, const std::byte* from, const std::byte* weights,
                                           int filters, std::int32_t* to) noexcept {
    weights += at.first_weight;
    if constexpr (steps::has_depthwise) return steps::depthwise(at, from, weights, filters, to);
    for (; filters >= channels; filters -= channels, from += channels, weights += channels, to += channels)
      tile<Pixels, channels>(at, from, weights, to);
    if constexpr ((Loops & 4) != 0)
      for (; filters > 0; --filters, ++from, ++weights, ++to) tile<Pixels, 1>(at, from, weights, to);
  }
  template <int Pixels, int Channels>
  [[gnu::always_inline]] static void tile(const positions& at, const std::byte* from, const std::byte* weights,
                                          std::int32_t* to) noexcept {
    std::int32_t sums[index(Pixels)][index(Channels)] = {};
    const std::ptrdiff_t pixel = at.pixel, next_tap = at.tap, next_weight = at.weight_tap;
    for (int row = at.rows; row > 0; --row, from += at.input_row, weights += at.weight_row) {
      const std::byte *x = from, *w = weights;
      const auto add = [&]() __attribute__((always_inline)) {
        steps::template add_tap<Pixels, Channels>(x, pixel, w, sums);
        x += next_tap;
        w += next_weight;
      };
      for (int taps = at.taps; taps > 0; --taps) add();
    }
#pragma GCC unroll 4
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
      for (int f = 0; f < Channels; ++f) to[p * block_filters + f] = sums[p][f];
  }
};

}  // namespace minnow::kernels::detail
