#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/direct/loops.hpp>
#include <minnow/kernels/direct/positions.hpp>
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
/// direct.hpp     direct_kernel: the products of a tile, some pixels by all filters of a block
/// depthwise.hpp  direct_depthwise: the same for depthwise convolutions
/// positions.hpp  the positions of inputs and weights
/// loops.hpp      the loops over regions, blocks of filters and pixels
/// steps.hpp      selects the inner loops by the compiler's macros
/// portable.hpp   the inner loops in standard C++
/// dsp.hpp        the inner loops with the 16-bit pairs of Armv7E-M
/// helium.hpp     the inner loops with Helium, the vectors of Armv8.1-M
namespace minnow::kernels::detail {

/// True for pairs of operands that `direct_kernel` multiplies.
template <class In, class Weights>
inline constexpr bool direct_operands = (is_bytes(In::storage) || In::storage == encoding::pixel) &&
                                        (Weights::storage == encoding::byte || Weights::storage == encoding::nibble);

/// Loops  the inner loops that this copy of the kernel contains, see `loops_of`
template <class In, class Weights, unsigned Loops = all_loops>
struct direct_kernel {
  using arch = portable;
  using counts = plain_sums;
  using steps = direct_steps<In, Weights>;

  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry&) noexcept { return 0; }

  /// Returns the inner loops that products of this shape need, as bits. A program whose shapes are known omits the
  /// others, which are most of the kernel's code.
  [[nodiscard]] static constexpr unsigned loops_of(const geometry& g) noexcept {
    unsigned loops = 0;
    for_each_region(g, 0, g.out.height, 1, [&](const region& r) {
      const window inputs = direct_positions(r, steps::longest).inputs;
      // A caller may compute only some rows, so a long row of pixels may end anywhere that is an end of a row.
      if ((is_one_row(g) ? r.pixels() : r.x.size()) >= steps::pixels) loops |= loop_bit<steps::pixels>(inputs);
      if (r.x.size() % steps::pixels != 0) loops |= loop_bit<1>(inputs);
    });
    if (g.out.channels % steps::filters != 0) loops |= rest<steps::pixels>;
    if (g.out.channels % steps::filters_of_one != 0) loops |= rest<1>;
    return loops;
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    multiply_directly(functions, g, o, first_row, last_row, sink);
  }

private:
  using window = window_inputs;

  /// The bit of the loops over tiles of `Pixels` pixels, and of the loops over the filters that such tiles leave.
  template <int Pixels>
  [[nodiscard]] static constexpr unsigned loop_bit(window inputs) noexcept {
    return (Pixels == 1 ? 16u : 1u) << static_cast<int>(inputs);
  }
  template <int Pixels>
  static constexpr unsigned rest = Pixels == 1 ? 512 : 256;

  /// The function for windows of one kind; null if this copy does not contain it.
  template <window Inputs, int Pixels, int Filters>
  [[nodiscard]] static constexpr direct_functions::tile function() noexcept {
    constexpr bool exists = Inputs != window::long_loops || steps::longest < whole_window;
    if constexpr (exists && (Loops & loop_bit<Pixels>(Inputs)) != 0) return &tiles<Inputs, Pixels, Filters>;
    else return nullptr;
  }
  template <int Pixels, int Filters>
  [[nodiscard]] static constexpr direct_functions::tiles functions_of() noexcept {
    return {function<window::one_loop, Pixels, Filters>(), function<window::loops, Pixels, Filters>(),
            function<window::long_loops, Pixels, Filters>(), function<window::overlapping, Pixels, Filters>()};
  }
  static constexpr direct_functions functions{
      functions_of<steps::pixels, steps::filters>(), functions_of<1, steps::filters_of_one>(),
      (Loops & 15) != 0 ? steps::pixels : 1, steps::longest, weight_quad_bytes<Weights>};

  /// Computes the sums of neighboring output pixels for all filters of a block, `Filters` at a time.
  template <window Inputs, int Pixels, int Filters>
  [[MINNOW_INNER_LOOPS]] static void tiles(const direct_positions& at, const std::byte* from, const std::byte* weights,
                                           int filters, std::int32_t* to) noexcept {
    const direct_positions here = at;  // the assembly of inner loops may change all memory except local variables
    for (; filters >= Filters; filters -= Filters, to += Filters, weights += Filters * weight_quad_bytes<Weights>)
      tile<Inputs, Pixels, Filters>(here, from, weights, to);
    if constexpr ((Loops & rest<Pixels>) != 0)
      for (; filters > 0; --filters, ++to, weights += weight_quad_bytes<Weights>)
        tile<Inputs, Pixels, 1>(here, from, weights, to);
  }
  /// Computes the sums of one tile: to[p * block_filters + f] for pixel p and filter f.
  template <window Inputs, int Pixels, int Filters>
  [[gnu::always_inline]] static void tile(const direct_positions& at, const std::byte* from, const std::byte* weights,
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
