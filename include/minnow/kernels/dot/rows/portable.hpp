#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/portable.hpp>
#include <minnow/kernels/dot/rows/fields.hpp>
#include <minnow/kernels/dot/weights.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>

/// Products of a few pixels by weights of at most 4 bits, in standard C++. All other products use portable_kernel.
namespace minnow::kernels::detail {

/// As portable_kernel, with weights in fields for a few pixels. The fields of a byte belong to successive inputs of one
/// filter: the layout is [blocks][inputs / fields][16 filters], so that compilers vectorize the loops over filters. Up
/// to `period` inputs are decoded at a time, for all pixels, and are multiplied and added in 16 bits.
template <class In, class Weights>
struct portable_rows : portable_kernel<In, Weights, portable_products> {
  using base = portable_kernel<In, Weights, portable_products>;
  static constexpr field_code code = field_code_of<Weights>();
  static constexpr bool has_fields = Weights::storage != encoding::byte && code.bits != 0;
  /// Number of products of an input of at most 255 and a code whose sum fits 16 bits: 128, 64 or 8.
  static constexpr int period = code.bits == 1 ? 128 : code.bits == 2 ? 64 : 8;

  [[nodiscard]] static constexpr bool uses_fields(const geometry& g) noexcept {
    return has_fields && has_few_pixels(g);
  }
  /// Inputs of a window, rounded up to whole periods.
  [[nodiscard]] static constexpr std::size_t row_inputs(const geometry& g) noexcept {
    return round_up(index(g.kernel.height * g.kernel.width) * dot_pixel_bytes(g.in.channels), index(period));
  }
  [[nodiscard]] static constexpr std::size_t block_bytes(const geometry& g) noexcept {
    if constexpr (has_fields) return row_inputs(g) / index(code.fields()) * block_filters;
    else return 0;
  }

  [[nodiscard]] static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return uses_fields(g) ? index(blocks(g.out.channels)) * block_bytes(g) : 0;
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    if (!uses_fields(g)) return base::scratch_bytes(g);
    return base::row_bytes(g) +
           (base::image_codes(g) + index(most_field_pixels) * row_inputs(g)) * sizeof(std::int16_t);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, int = 0) noexcept {
    if constexpr (has_fields)
      if (uses_fields(g)) store(g, weights, prepared);
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    if constexpr (has_fields)
      if (uses_fields(g)) return run_few(g, o, first_row, last_row, sink);
    base::run(g, o, first_row, last_row, sink);
  }

private:
  static constexpr weight_order order = weight_order_of<In::storage, Weights::storage>();

  static void store(const geometry& g, const std::byte* weights, std::byte* to) noexcept {
    std::memset(to, 0, prepared_bytes(g));
    for (int block = 0; block < blocks(g.out.channels); ++block, to += block_bytes(g)) {
      const std::byte* from = weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(g, block);
      for (int tap = 0; tap < g.kernel.height * g.kernel.width; ++tap) {
        const quad_range all{from, filters_of(g.out.channels, block), g.in.channels, tap};
        for (int quad = 0; quad < all.quads(); ++quad) {
          std::byte bytes[quad_bytes];
          quad_decoder<order, Weights>::decode(all, quad, bytes);
          for (int i = 0; i < quad_bytes; ++i) {
            const auto k = index(4 * (tap * all.quads() + quad) + i % 4);
            const int stored = (static_cast<std::int8_t>(bytes[i]) + code.offset) / code.gain;
            std::byte& field = to[k / index(code.fields()) * block_filters + index(i / 4)];
            field |= static_cast<std::byte>(stored << (code.bits * static_cast<int>(k % index(code.fields()))));
          }
        }
      }
    }
  }

  /// The windows of a call.
  struct windows {
    cursor pixels[index(most_field_pixels)];
    const std::int16_t* inputs[index(most_field_pixels)];
    std::int32_t sums[index(most_field_pixels)];  ///< of each window's inputs
    int size = 0;
  };

  /// Copies the windows of the output rows [first_row, last_row). Taps outside the image have inputs of 0.
  static windows gather(const geometry& g, const std::int16_t* image, int first_row, int last_row,
                        std::int16_t* to) noexcept {
    windows w;
    for_each_region(g, first_row, last_row, 4 * channel_quads(g.in.channels), [&](const region& r) {
      for (cursor at(r); at.y < r.y.last; at.advance(r), ++w.size, to += row_inputs(g)) {
        std::memset(to, 0, row_inputs(g) * sizeof(*to));
        for (int ky = 0; ky < r.rows(); ++ky)
          std::memcpy(to + r.weight_step() + ky * r.weight_row_steps(), image + at.input + ky * r.input_row_steps(),
                      index(r.segment_steps()) * sizeof(*to));
        // The padding channels of a pixel do not matter to other kernels, whose weights there are 0.
        for (std::size_t k = 0; k < row_inputs(g); ++k)
          if (static_cast<int>(k % dot_pixel_bytes(g.in.channels)) >= g.in.channels) to[k] = 0;
        w.pixels[w.size] = at;
        w.inputs[w.size] = to;
        w.sums[w.size] = 0;
        for (std::size_t k = 0; k < row_inputs(g); ++k) w.sums[w.size] += to[k];
      }
    });
    return w;
  }

  /// Decodes the codes of one period, [period][16].
  static void decode(const std::byte* from, std::int16_t* codes) noexcept {
    constexpr unsigned lowest = (1u << code.bits) - 1;
    for (int k = 0; k < period; k += code.fields(), from += block_filters)
      for (int i = 0; i < code.fields(); ++i, codes += block_filters)
        for (int f = 0; f < block_filters; ++f)
          codes[f] = static_cast<std::int16_t>(static_cast<unsigned>(from[f]) >> (code.bits * i) & lowest);
  }
  /// Adds the products of inputs (period) and codes (period, 16) to sums (16).
  static void add(const std::int16_t* inputs, const std::int16_t* codes, std::int32_t* sums) noexcept {
    std::int16_t totals[block_filters] = {};
    for (int k = 0; k < period; ++k, codes += block_filters) {
      const std::int16_t input = inputs[k];
      for (int f = 0; f < block_filters; ++f) totals[f] = static_cast<std::int16_t>(totals[f] + input * codes[f]);
    }
    for (int f = 0; f < block_filters; ++f) sums[f] += totals[f];
  }

  template <class Sink>
  static void run_few(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    auto* image = reinterpret_cast<std::int16_t*>(o.scratch + base::row_bytes(g));
    base::unpack(g, o, first_row, last_row, image);
    const windows w = gather(g, image, first_row, last_row, image + base::image_codes(g));
    const std::byte* weights = o.prepared;
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      std::int32_t sums[index(most_field_pixels)][block_filters] = {};
      for (std::size_t k = 0; k < row_inputs(g);
           k += index(period), weights += period / code.fields() * block_filters) {
        std::int16_t codes[index(period * block_filters)];
        decode(weights, codes);
        for (int q = 0; q < w.size; ++q) add(w.inputs[q] + k, codes, sums[q]);
      }
      for (int q = 0; q < w.size; ++q) {
        for (std::int32_t& sum : sums[q]) sum = code.gain * sum - code.offset * w.sums[q];
        sink.put(w.pixels[q].y, w.pixels[q].x, block * block_filters, filters_of(g.out.channels, block), sums[q]);
      }
    }
  }
};

}  // namespace minnow::kernels::detail
