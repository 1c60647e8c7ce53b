#pragma once

#include <cstddef>

#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/region.hpp>

/// The regions of a product, and the positions of inputs and weights in a region. These functions are not inlined and
/// depend on no template argument, so that all kernels of a program share one copy.
namespace minnow::kernels::detail {

/// Visits the regions of for_each_region, one step of channels for each number:
///
///   for (region_walk at(g, first, last); at.next();) use(at.current);
struct region_walk {
  region current;
  int last_row;

  constexpr region_walk(const geometry& g, int first_row, int past_last_row) noexcept
      : current{g, {0, first_row, 0, 0}, {0, g.out.width, 0, 0}, 1}, last_row(past_last_row) {}

  /// Moves to the next region; false after the last one.
  [[gnu::noinline]] constexpr bool next() noexcept {
    const geometry& g = current.g;
    if (current.x.last == g.out.width) {
      if (current.y.last >= last_row) return false;
      current.y = run_from(g.y_axis(), current.y.last, last_row);
      current.x.last = 0;
    }
    current.x = run_from(g.x_axis(), current.x.last, g.out.width);
    return true;
  }
};

/// Positions of the inputs of a window: in one loop of quads, in several loops, or in one loop for each kernel row with
/// quads that overlap. The sums of long windows are kept in two parts (direct_steps::longest).
enum class window_inputs { one_loop, loops, long_loops, overlapping };

/// Positions of the products of a tile. The inputs of a kernel row are contiguous. If the channels are whole quads, or
/// fit one quad, a kernel row is one loop of quads; otherwise it is one loop for each tap.
struct direct_positions {
  std::ptrdiff_t pixel;      ///< bytes from one output pixel's window to the next one's
  std::ptrdiff_t input_row;  ///< bytes from one kernel row's inputs to the next one's
  std::ptrdiff_t channels;
  std::ptrdiff_t row_quads;        ///< quads from one kernel row's weights to the next one's
  std::ptrdiff_t first_quad;       ///< quads from the start of the weights to the first tap
  std::ptrdiff_t weight_row = 0;   ///< bytes from one kernel row's weights to the next one's
  std::ptrdiff_t weight_quad = 0;  ///< bytes from one quad's weights to the next one's
  std::ptrdiff_t first_weight = 0;
  int rows;
  int loops;
  int quads;
  window_inputs inputs;

  /// longest  as in direct_steps
  [[gnu::noinline]] constexpr direct_positions(const region& r, int longest) noexcept
      : pixel(r.next_pixel_steps() * r.g.in.channels),
        input_row(r.input_row_steps() * r.g.in.channels),
        channels(r.g.in.channels),
        row_quads(r.weight_row_steps() * channel_quads(r.g.in.channels)),
        first_quad(r.weight_step() * channel_quads(r.g.in.channels)),
        rows(r.rows()),
        loops(1),
        quads(channel_quads(r.g.in.channels)),
        inputs(window_inputs::overlapping) {
    if (channels % 4 == 0 || channels < 4) quads *= r.x.taps();
    else loops = r.x.taps();
    if (channels >= 4)
      inputs = rows * loops * quads > longest ? window_inputs::long_loops
               : rows == 1 && loops == 1      ? window_inputs::one_loop
                                              : window_inputs::loops;
  }

  /// Sets the positions of weights in a block.
  ///
  /// bytes_of_quad  bytes of one filter's quad
  constexpr void set_block(int filters, int bytes_of_quad) noexcept {
    weight_quad = static_cast<std::ptrdiff_t>(filters) * bytes_of_quad;
    weight_row = row_quads * weight_quad;
    first_weight = first_quad * weight_quad;
  }
};

}  // namespace minnow::kernels::detail
