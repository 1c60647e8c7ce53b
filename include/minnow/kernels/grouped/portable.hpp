#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/direct/depthwise.hpp>
#include <minnow/kernels/dot/portable.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>

/// Grouped convolutions of integers in standard C++, without xsimd. Depthwise convolutions of bytes read them where they
/// are stored (direct/depthwise.hpp); otherwise inputs and weights are widened to 16 bits as in dot/portable.hpp.
namespace minnow::kernels::detail {

/// Loops  the kernels that this copy contains, see `loops_of`
template <class In, class Weights, unsigned Loops = all_loops>
struct grouped_portable {
  using inputs = portable_kernel<In, Weights, portable_products>;
  using depthwise = direct_depthwise<In, Weights, Loops>;
  static constexpr unsigned general = 1u << 31;

  /// As direct_kernel::loops_of.
  [[nodiscard]] static constexpr unsigned loops_of(const geometry& g) noexcept {
    return depthwise::serves(g) ? depthwise::loops_of(g) : general;
  }

  /// The unpacked map, then the weights of one block, [inputs of a window][16 filters].
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    if (depthwise::serves(g)) return 0;
    return inputs::row_bytes(g) +
           (inputs::image_codes(g) + index(g.inputs()) * index(block_filters)) * sizeof(std::int16_t);
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    if constexpr ((Loops & general) == 0) return depthwise::run(g, o, first_row, last_row, sink);
    else if constexpr ((Loops & ~general) != 0)
      if (depthwise::serves(g)) return depthwise::run(g, o, first_row, last_row, sink);
    if constexpr ((Loops & general) != 0) general_groups(g, o, first_row, last_row, sink);
  }

private:
  template <class Sink>
  static void general_groups(const geometry& g, const operands& o, int first_row, int last_row,
                             const Sink& sink) noexcept {
    auto* image = reinterpret_cast<std::int16_t*>(o.scratch + inputs::row_bytes(g));
    std::int16_t* codes = image + inputs::image_codes(g);
    inputs::unpack(g, o, first_row, last_row, image);
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      unpack_weight_block<In::storage, Weights::storage, Weights::bits>(g, o.weights, block, codes);
      const int filters = filters_of(g.out.channels, block);
      for (int y = first_row; y < last_row; ++y)
        for (int x = 0; x < g.out.width; ++x) {
          std::int32_t sums[block_filters] = {};
          const int_range rows = g.y_axis().taps(y), columns = g.x_axis().taps(x);
          for (int ky = rows.first; ky < rows.last; ++ky)
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const int pixel = (g.y_axis().origin(y) + ky) * g.in.width + g.x_axis().origin(x) + kx;
              add(g, block, filters, image + index(pixel) * dot_pixel_bytes(g.in.channels),
                  codes + (ky * g.kernel.width + kx) * g.group_channels() * block_filters, sums);
            }
          sink.put(y, x, block * block_filters, filters, sums);
        }
    }
  }

  /// Adds the products of one tap.
  ///
  /// pixel  the channels of an input pixel
  /// codes  weights [channels of a group][16 filters]
  static void add(const geometry& g, int block, int filters, const std::int16_t* pixel, const std::int16_t* codes,
                  std::int32_t* sums) noexcept {
    const int channels = g.group_channels(), group_filters = g.group_filters(), first = block * block_filters;
    if (channels == 1 && group_filters == 1) {
      for (int f = 0; f < filters; ++f) sums[f] += std::int32_t{pixel[first + f]} * codes[f];
      return;
    }
    for (int f = 0; f < filters; ++f) {
      const std::int16_t* from = pixel + (first + f) / group_filters * channels;
      for (int c = 0; c < channels; ++c) sums[f] += std::int32_t{from[c]} * codes[c * block_filters + f];
    }
  }
};

}  // namespace minnow::kernels::detail
