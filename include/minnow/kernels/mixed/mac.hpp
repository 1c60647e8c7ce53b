#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/input_band.hpp>
#include <minnow/kernels/mixed/mac_tile.hpp>
#include <minnow/kernels/mixed/weight_rows.hpp>

/// Float products with multiply-adds. Inputs of any encoding are unpacked to floats first. Weights become floats when
/// they are loaded into a register:
///
/// weights                   stored in                                   loaded by
/// bit planes, 1 to 4 bits   prepare()'s memory, 4 bits per weight       a lookup in a register
/// half                      the packed weights                          the processor's conversion
/// real                      the packed weights                          a plain load
/// others                    prepare()'s memory, as panels of floats     a plain load
///
/// A panel holds the weights of one block of 16 filters as floats, 16 for each input of a window. On a processor that
/// lacks the lookup, the conversion or little-endian floats, the weights that need it are stored as panels of floats,
/// too. A call for one pixel reads each weight once and is limited by memory, so it reads the 4-bit codes or halves
/// directly. In a call for several pixels, the pixels share floats that are decoded into scratch, block by block.
namespace minnow::kernels {

template <class In, class Weights, class Arch>
struct mac {
  using vector = float_vector<Arch>;
  static constexpr encoding storage = Weights::storage;
  static constexpr bool masks = weight_order_of<In::storage, storage>() == weight_order::masks;

  enum class form { nibbles, halves, floats, panels };
  static constexpr form weights_form = [] {
    if (masks && detail::code_lookup<vector, weight_planes<storage, Weights::bits>()>::available) return form::nibbles;
    if (storage == encoding::half && detail::half_vector<vector>::available) return form::halves;
    if (storage == encoding::real && detail::native_floats) return form::floats;
    return form::panels;
  }();
  using nibbles = detail::nibble_rows<storage, Weights::bits>;

  static constexpr bool decodes(const geometry& g) noexcept {
    return (weights_form == form::nibbles || weights_form == form::halves) && g.out.pixels() > 1;
  }
  static constexpr std::size_t panel_floats(const geometry& g) noexcept { return index(g.inputs()) * block_filters; }

  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    const auto count = index(blocks(g.out.channels));
    if (weights_form == form::nibbles) return count * nibbles::block_words(g) * sizeof(word);
    if (weights_form == form::panels) return count * panel_floats(g) * sizeof(float);
    return 0;
  }
  /// Bytes of scratch memory: the unpacked input rows, and the blocks of weights that are decoded together.
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    const std::size_t inputs = detail::is_band<In::storage>(g) ? 0 : detail::band_elements(g);
    return (inputs + (decodes(g) ? panel_floats(g) * detail::mac_blocks<vector> : 0)) * sizeof(float);
  }

  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    if constexpr (weights_form == form::nibbles) {
      nibbles::prepare(g, weights, prepared);
    } else if constexpr (weights_form == form::panels) {
      for (int block = 0; block < blocks(g.out.channels); ++block) {
        unpack_weight_block<In::storage, storage, Weights::bits>(
            g, weights, block, reinterpret_cast<float*>(prepared) + index(block) * panel_floats(g));
      }
    }
  }

  /// Computes the sums of the output rows [first, last).
  ///
  /// requires  scratch_bytes(g) at `scratch` and prepared_bytes(g) at `prepared`, both aligned for float
  /// cost      16 multiply-adds per pixel, input of its window and block of 16 filters
  static void rows(const geometry& g, const std::byte* inputs, const std::byte* weights, const std::byte* prepared,
                   float* sums, std::byte* scratch, int first, int last) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    if (first == last) return;
    const detail::band b = detail::band_of(g, first, last);
    auto* room = reinterpret_cast<float*>(scratch);
    const float* image = detail::unpack_band<In::storage, In::bits, vector>(g, b, inputs, room);
    float* panel = room + (detail::is_band<In::storage>(g) ? 0 : detail::band_elements(g));
    const call c{g, b, image, panel, {sums, sum_stride(g.out.channels), g.out.channels}, first, last};
    const std::ptrdiff_t floats = static_cast<std::ptrdiff_t>(panel_floats(g));
    const std::ptrdiff_t segment = static_cast<std::ptrdiff_t>(g.kernel.width) * g.in.channels;
    if constexpr (weights_form == form::nibbles) {
      c.all_blocks(nibbles::of(g, prepared));
    } else if constexpr (weights_form == form::panels) {
      c.all_blocks(detail::float_rows{reinterpret_cast<const float*>(prepared), floats, block_filters, segment});
    } else {
      // The rows of the last block are shorter if it has fewer than 16 filters.
      const int whole = g.out.channels / block_filters, left = g.out.channels % block_filters;
      const auto packed = [&](int row) {
        if constexpr (weights_form == form::halves) return detail::half_rows{weights, 2 * floats, 2 * row, segment};
        else return detail::float_rows{reinterpret_cast<const float*>(weights), floats, row, segment};
      };
      c.template blocks_from_to<false>(packed(block_filters), 0, whole);
      if (left > 0) c.template blocks_from_to<true>(packed(left), whole, whole + 1);
    }
  }

private:
  struct call {
    const geometry& g;
    const detail::band& b;
    const float* image;
    float* panel;
    detail::sums_map sums;
    int first;
    int last;

    template <class Rows>
    void all_blocks(const Rows& rows) const noexcept {
      blocks_from_to<false>(rows, 0, kernels::blocks(g.out.channels));
    }

    /// Single  true if there is at most one block
    template <bool Single, class Rows>
    void blocks_from_to(const Rows& rows, int from, int to) const noexcept {
      constexpr int most = Single ? 1 : detail::mac_blocks<vector>;
      if ((last - first) * g.out.width == 1) {
        one_pixel<Single ? 1 : detail::mac_wide_blocks<vector>>(rows, from, to);
      } else {
        many_pixels<most>(rows, from, to);
      }
    }

    /// Computes a single pixel. Each weight is read once, in the form in which it is stored.
    template <int Blocks, class Rows>
    void one_pixel(const Rows& rows, int block, int end) const noexcept {
      for (; block + Blocks <= end; block += Blocks) tiles<Blocks, 1>(rows.from_block(block), block);
      if constexpr (Blocks > 1) {
        if (block < end) one_pixel<Blocks / 2>(rows, block, end);
      }
    }

    /// Computes several pixels. Outer loop: blocks of filters, so that their weights stay in the L2 cache. Inner loop:
    /// tiles of pixels.
    template <int Blocks, class Rows>
    void many_pixels(const Rows& rows, int block, int end) const noexcept {
      for (; block + Blocks <= end; block += Blocks) {
        if constexpr (weights_form == form::nibbles || weights_form == form::halves) {
          detail::decode_rows<vector, Blocks>(g, rows.from_block(block), panel);
          const auto floats = static_cast<std::ptrdiff_t>(panel_floats(g));
          const std::ptrdiff_t segment = static_cast<std::ptrdiff_t>(g.kernel.width) * g.in.channels;
          tiles<Blocks, detail::mac_rows<vector>>(detail::float_rows{panel, floats, block_filters, segment}, block);
        } else {
          tiles<Blocks, detail::mac_rows<vector>>(rows.from_block(block), block);
        }
      }
      if constexpr (Blocks > 1) {
        if (block < end) many_pixels<Blocks / 2>(rows, block, end);
      }
    }

    template <int Blocks, int Pixels, class Rows>
    void tiles(const Rows& rows, int block) const noexcept {
      const std::ptrdiff_t line = static_cast<std::ptrdiff_t>(b.width) * g.in.channels;
      detail::for_each_tile<Pixels>(g, b, image, first, last, [&](const auto& tile, int count) {
        detail::mac_pixels<vector, Blocks, Pixels>(g, line, tile, count, rows, block, sums);
      });
    }
  };
};

}  // namespace minnow::kernels
