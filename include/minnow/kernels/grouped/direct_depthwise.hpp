#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/direct.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>

namespace minnow::kernels::detail {

/// Depthwise convolutions of bytes by 8-bit weights, which are stored in the order [tap][filters of the block].
template <class In, class Weights>
struct direct_depthwise {
  [[nodiscard]] static constexpr bool serves(const geometry& g) noexcept {
    return (is_bytes(In::storage) || In::storage == encoding::pixel) && Weights::storage == encoding::byte &&
           g.group_channels() == 1 && g.group_filters() == 1;
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      const int filters = filters_of(g.out.channels, block);
      const std::byte* weights =
          o.weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(g, block);
      for_each_region(g, first_row, last_row, 1, [&](const region& r) {
        for (int y = r.y.first; y < r.y.last; ++y)
          for (int x = r.x.first; x < r.x.last; ++x) {
            std::int32_t sums[block_filters] = {};
            const std::byte* from = o.inputs + r.input_step(y, x) * g.in.channels + block * block_filters;
            int f = 0;
            for (; f + 4 <= filters; f += 4) tile<4>(r, from + f, weights + f, filters, sums + f);
            for (; f < filters; ++f) tile<1>(r, from + f, weights + f, filters, sums + f);
            sink.put(y, x, block * block_filters, filters, sums);
          }
      });
    }
  }

private:
  template <int Filters>
  static void tile(const region& r, const std::byte* from, const std::byte* weights, int filters,
                   std::int32_t* to) noexcept {
    const int channels = r.g.in.channels;
    std::int32_t sums[index(Filters)] = {};
    for (int row = 0; row < r.rows(); ++row) {
      const std::byte* x = from + row * r.input_row_steps() * channels;
      const std::byte* w = weights + (r.weight_step() + row * r.weight_row_steps()) * filters;
      for (int tap = 0; tap < r.x.taps(); ++tap, x += channels, w += filters)
#pragma GCC unroll 4
        for (int f = 0; f < Filters; ++f) sums[f] += input_of<In>(x[f]) * static_cast<std::int8_t>(w[f]);
    }
#pragma GCC unroll 4
    for (int f = 0; f < Filters; ++f) to[f] = sums[f];
  }
};

}  // namespace minnow::kernels::detail
