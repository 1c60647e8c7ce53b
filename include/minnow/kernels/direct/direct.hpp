#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/direct/steps.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/portable.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/tile.hpp>

/// Integer products for microcontrollers. They read inputs of one byte, and weights of 8 or 4 bits, where they are
/// stored, and need no scratch memory. Each step multiplies a quad (four channels) of some pixels by the weights of
/// some filters; the sums stay in registers. The files of this folder:
///
/// direct.hpp     direct_kernel: loops over blocks of filters, regions and tiles of pixels by filters
/// depthwise.hpp  direct_depthwise: the same for depthwise convolutions
/// steps.hpp      selects the inner loops by the compiler's macros
/// portable.hpp   the inner loops in standard C++
/// dsp.hpp        the inner loops with the 16-bit pairs of Armv7E-M
/// helium.hpp     the inner loops with Helium, the vectors of Armv8.1-M
namespace minnow::kernels::detail {

/// True for pairs of operands that `direct_kernel` multiplies.
template <class In, class Weights>
inline constexpr bool direct_operands = (is_bytes(In::storage) || In::storage == encoding::pixel) &&
                                        (Weights::storage == encoding::byte || Weights::storage == encoding::nibble);

template <class In, class Weights>
struct direct_kernel {
  using arch = portable;
  using counts = plain_sums;
  using steps = direct_steps<In, Weights>;

  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry&) noexcept { return 0; }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    // Windows of one pixel without gaps between them form one long row.
    const bool one_row = g.kernel == extent{1, 1} && g.stride == extent{1, 1} && g.in.pixels() == g.out.pixels();
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      const int filters = filters_of(g.out.channels, block);
      const std::byte* weights =
          o.weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(g, block);
      for_each_region(g, first_row, last_row, 1, [&](const region& r) {
        const positions at(r, filters);
        int y = r.y.first, x = r.x.first;
        while (y < r.y.last) {
          const std::byte* from = o.inputs + r.input_step(y, x) * g.in.channels;
          for (int left = one_row ? r.pixels() : r.x.size(); left > 0;) {
            std::int32_t sums[index(steps::pixels)][block_filters];
            const int pixels = left >= steps::pixels ? steps::pixels : 1;
            if (pixels == steps::pixels) multiply<steps::pixels, steps::filters>(at, from, weights, filters, sums[0]);
            else multiply<1, steps::filters_of_one>(at, from, weights, filters, sums[0]);
            from += pixels * at.pixel;
            left -= pixels;
            for (int p = 0; p < pixels; ++p) {
              sink.put(y, x, block * block_filters, filters, sums[p]);
              if (++x == r.x.last) {
                x = r.x.first;
                ++y;
              }
            }
          }
        }
      });
    }
  }

private:
  /// Positions of the inputs of a window: in one loop of quads, in several loops, or in one loop for each kernel row
  /// with quads that overlap. The sums of long windows are kept in two parts (steps::longest).
  enum class window { one_loop, loops, long_loops, overlapping };

  /// Positions of the products of a tile. The inputs of a kernel row are contiguous. If the channels are whole quads,
  /// or fit one quad, a kernel row is one loop of quads; otherwise it is one loop for each tap.
  struct positions {
    std::ptrdiff_t pixel;        ///< bytes from one output pixel's window to the next one's
    std::ptrdiff_t input_row;    ///< bytes from one kernel row's inputs to the next one's
    std::ptrdiff_t weight_row;   ///< bytes from one kernel row's weights to the next one's
    std::ptrdiff_t weight_quad;  ///< bytes from one quad's weights to the next one's
    std::ptrdiff_t first_weight;
    std::ptrdiff_t channels;
    int rows;
    int loops;
    int quads;
    window inputs;

    positions(const region& r, int filters) noexcept
        : pixel(r.next_pixel_steps() * r.g.in.channels),
          input_row(r.input_row_steps() * r.g.in.channels),
          weight_quad(static_cast<std::ptrdiff_t>(filters) * weight_quad_bytes<Weights>),
          channels(r.g.in.channels),
          rows(r.rows()) {
      const int of_pixel = channel_quads(r.g.in.channels);
      weight_row = r.weight_row_steps() * of_pixel * weight_quad;
      first_weight = r.weight_step() * of_pixel * weight_quad;
      const bool one_loop = channels % 4 == 0 || channels < 4;
      loops = one_loop ? 1 : r.x.taps();
      quads = one_loop ? r.x.taps() * of_pixel : of_pixel;
      inputs = channels < 4                            ? window::overlapping
               : rows * loops * quads > steps::longest ? window::long_loops
               : rows == 1 && loops == 1               ? window::one_loop
                                                       : window::loops;
    }
  };

  /// Computes the sums of neighboring output pixels for all filters of a block, `Filters` at a time.
  template <int Pixels, int Filters>
  static void multiply(const positions& at, const std::byte* from, const std::byte* weights, int filters,
                       std::int32_t* sums) noexcept {
    switch (at.inputs) {
      case window::one_loop:
        return tiles<window::one_loop, Pixels, Filters>(at, from, weights, filters, sums);
      case window::loops:
        return tiles<window::loops, Pixels, Filters>(at, from, weights, filters, sums);
      case window::long_loops:
        if constexpr (steps::longest < whole_window)
          return tiles<window::long_loops, Pixels, Filters>(at, from, weights, filters, sums);
        return;
      case window::overlapping:
        return tiles<window::overlapping, Pixels, Filters>(at, from, weights, filters, sums);
    }
  }
  template <window Inputs, int Pixels, int Filters>
  [[MINNOW_INNER_LOOPS]] static void tiles(const positions& at, const std::byte* from, const std::byte* weights,
                                           int filters, std::int32_t* to) noexcept {
    weights += at.first_weight;
    for (; filters >= Filters; filters -= Filters, to += Filters, weights += Filters * weight_quad_bytes<Weights>)
      tile<Inputs, Pixels, Filters>(at, from, weights, to);
    for (; filters > 0; --filters, ++to, weights += weight_quad_bytes<Weights>)
      tile<Inputs, Pixels, 1>(at, from, weights, to);
  }
  /// Computes the sums of one tile: to[p * block_filters + f] for pixel p and filter f.
  template <window Inputs, int Pixels, int Filters>
  [[gnu::always_inline]] static void tile(const positions& at, const std::byte* from, const std::byte* weights,
                                          std::int32_t* to) noexcept {
    std::int32_t sums[index(Pixels)][index(Filters)] = {};
    constexpr bool is_short = Inputs == window::one_loop || Inputs == window::loops;
    const auto add = [&](const std::byte* x, const std::byte* w) __attribute__((always_inline)) {
      steps::template add<Inputs != window::overlapping, is_short, Pixels, Filters>(x, at.pixel, at.channels, w,
                                                                                    at.weight_quad, at.quads, sums);
    };
    if constexpr (Inputs == window::one_loop) {
      add(from, weights);
    } else {
      for (int row = at.rows; row > 0; --row, from += at.input_row, weights += at.weight_row) {
        const std::byte *x = from, *w = weights;
        for (int loop = at.loops;; x += at.channels, w += at.quads * at.weight_quad) {
          add(x, w);
          if (--loop <= 0) break;
        }
      }
    }
#pragma GCC unroll 4
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
      for (int f = 0; f < Filters; ++f)
        to[p * block_filters + f] = sums[p][f] >> (is_short ? steps::template shift<Filters> : 0);
  }
};

}  // namespace minnow::kernels::detail
