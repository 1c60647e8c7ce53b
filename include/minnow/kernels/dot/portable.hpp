#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/inputs.hpp>
#include <minnow/kernels/dot/weights.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/plane_words.hpp>
#include <minnow/kernels/portable.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/tile.hpp>

/// Integer products in standard C++. Codes have 16 bits, and a block of weights is stored as [inputs of a window][16
/// filters], so that compilers vectorize the loop over filters.
namespace minnow::kernels::detail {

/// Adds the products of inputs (length) and weights (length, 16) to sums (16).
struct portable_products {
  [[gnu::noinline]] static void add(const std::int16_t* inputs, int length, const std::int16_t* weights,
                                    std::int32_t* sums) noexcept {
    std::int32_t totals[block_filters];
    std::copy_n(sums, block_filters, totals);
    for (int k = 0; k < length; ++k, weights += block_filters) {
      const std::int32_t input = inputs[k];
      for (int f = 0; f < block_filters; ++f) totals[f] += input * weights[f];
    }
    std::copy_n(totals, block_filters, sums);
  }
  static std::int16_t input(int code) noexcept { return static_cast<std::int16_t>(code); }
};

/// The kernel in standard C++.
///
/// Terms   the operation that combines each input with its row of weights: portable_products or portable_shifts
template <class In, class Weights, class Terms>
struct portable_kernel {
  using arch = portable;
  using counts = plain_sums;

  [[nodiscard]] static constexpr std::size_t image_codes(const geometry& g) noexcept {
    return index(g.in.pixels()) * dot_pixel_bytes(g.in.channels);
  }
  [[nodiscard]] static constexpr std::size_t block_codes(const geometry& g) noexcept {
    return index(g.kernel.height * g.kernel.width) * dot_pixel_bytes(g.in.channels) * block_filters;
  }
  [[nodiscard]] static constexpr std::size_t prepared_bytes(const geometry&) noexcept { return 0; }
  /// Size of one unpacked input row, in bytes. scratch_bytes() adds the codes of the map and of one block.
  [[nodiscard]] static constexpr std::size_t row_bytes(const geometry& g) noexcept {
    return round_up(index(g.in.width) * dot_pixel_bytes(g.in.channels) + word_bits, 64);
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return row_bytes(g) + (image_codes(g) + block_codes(g)) * sizeof(std::int16_t);
  }
  static void prepare(const geometry&, const std::byte*, std::byte*, int = 0) noexcept {}

  /// Unpacks the input rows that are needed, each to its place in the map. The codes of the padding channels of a pixel
  /// do not matter, because their weights are 0.
  static void unpack(const geometry& g, const operands& o, int first_row, int last_row, std::int16_t* image) noexcept {
    using code = dot_code<In, false>;
    const int_range read = g.y_axis().reached({first_row, last_row});
    const std::size_t row = index(g.in.width) * dot_pixel_bytes(g.in.channels);
    const int zero = code::zero + o.zero;
    for (int y = read.first; y < read.last; ++y) {
      const auto skipped = index(y * g.in.width);
      unpack_dot_inputs<In, false, plane_words>(o.inputs + skipped * pixel_bytes<In::storage, In::bits>(g.in.channels),
                                                g.in.width, g.in.channels, o.scratch);
      std::int16_t* to = image + index(y) * row;
      for (std::size_t i = 0; i < row; ++i) to[i] = Terms::input(code::factor * static_cast<int>(o.scratch[i]) - zero);
    }
  }

  static void decode(const geometry& g, const std::byte* weights, int block, std::int16_t* codes) noexcept {
    const std::byte* from = weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(g, block);
    const int filters = filters_of(g.out.channels, block);
    for (int tap = 0; tap < g.kernel.height * g.kernel.width; ++tap) {
      const quad_range all{from, filters, g.in.channels, tap};
      for (int quad = 0; quad < all.quads(); ++quad, codes += quad_bytes) {
        std::byte bytes[quad_bytes];
        quad_decoder<weight_order_of<In::storage, Weights::storage>(), Weights>::decode(all, quad, bytes);
        for (int f = 0; f < block_filters; ++f)
          for (int c = 0; c < 4; ++c) codes[c * block_filters + f] = static_cast<std::int8_t>(bytes[4 * f + c]);
      }
    }
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    auto* image = reinterpret_cast<std::int16_t*>(o.scratch + row_bytes(g));
    std::int16_t* codes = image + image_codes(g);
    unpack(g, o, first_row, last_row, image);
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      decode(g, o.weights, block, codes);
      for_each_region(g, first_row, last_row, 4 * channel_quads(g.in.channels), [&](const region& r) {
        for (cursor at(r); at.y < r.y.last; at.advance(r)) {
          std::int32_t sums[block_filters] = {};
          for (int ky = 0; ky < r.rows(); ++ky)
            Terms::add(image + at.input + ky * r.input_row_steps(), r.segment_steps(),
                       codes + (r.weight_step() + ky * r.weight_row_steps()) * block_filters, sums);
          sink.put(at.y, at.x, block * block_filters, filters_of(g.out.channels, block), sums);
        }
      });
    }
  }
};

}  // namespace minnow::kernels::detail
