#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/direct/positions.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>

namespace minnow::kernels::detail {

/// The functions of a direct_kernel.
struct direct_functions {
  /// Computes the sums of the neighboring pixels of a tile for all filters of a block.
  using tile = void (*)(const direct_positions& at, const std::byte* from, const std::byte* weights, int filters,
                        std::int32_t* sums) noexcept;
  /// For each kind of window_inputs.
  struct tiles {
    tile of[4];
  };
  tiles several;
  tiles single;
  int pixels;      ///< of a tile of several pixels, at most `most`; 1 if there are no such tiles
  int longest;     ///< as in direct_steps
  int quad_bytes;  ///< bytes of the packed quad of a filter

  static constexpr int most = 3;
};

/// True if windows of one pixel without gaps between them form one long row.
[[nodiscard]] constexpr bool is_one_row(const geometry& g) noexcept {
  return g.kernel == extent{1, 1} && g.stride == extent{1, 1} && g.in.pixels() == g.out.pixels();
}

/// Computes a product. The loops depend on no operand's type, so that all kernels of a program share one copy.
template <class Sink>
[[gnu::noinline]] void multiply_directly(const direct_functions& kernel, const geometry& g, const operands& o,
                                         int first_row, int last_row, const Sink& sink) noexcept {
  for (region_walk walk(g, first_row, last_row); walk.next();) {
    const region& r = walk.current;
    direct_positions at(r, kernel.longest);
    const direct_functions::tile several = kernel.several.of[static_cast<int>(at.inputs)],
                                 single = kernel.single.of[static_cast<int>(at.inputs)];
    const bool one_row = is_one_row(g);
    const std::byte* weights = o.weights;
    for (int channel = 0; channel < g.out.channels; channel += block_filters) {
      const int filters = filters_of(g.out.channels, channel / block_filters);
      at.set_block(filters, kernel.quad_bytes);
      int y = r.y.first, x = r.x.first;
      while (y < r.y.last) {
        const std::byte* from = o.inputs + r.input_step(y, x) * at.channels;
        for (int left = one_row ? r.pixels() : r.x.size(); left > 0;) {
          std::int32_t sums[index(direct_functions::most)][block_filters];
          const int pixels = left >= kernel.pixels ? kernel.pixels : 1;
          (pixels > 1 ? several : single)(at, from, weights + at.first_weight, filters, sums[0]);
          from += pixels * at.pixel;
          left -= pixels;
          for (int p = 0; p < pixels; ++p) {
            sink.put(y, x, channel, filters, sums[p]);
            if (++x == r.x.last) {
              x = r.x.first;
              ++y;
            }
          }
        }
      }
      weights += at.row_quads * g.kernel.height * at.weight_quad;
    }
  }
}

}  // namespace minnow::kernels::detail
