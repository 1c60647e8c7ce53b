#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// Decodes packed weights to the panels of dot products. A quad is a group of four adjacent channels. A panel holds
/// int8 [16][4] for each tap (kernel position) and quad; the four weights of a filter are in one lane. Packed byte
/// weights already have this layout, but their last block may have fewer lanes.
namespace minnow::kernels::detail {

inline constexpr int quad_bytes = 4 * block_filters;

/// The quads (groups of four channels) of one tap of one block of filters.
struct quad_range {
  const std::byte* block;
  int filters;  ///< of the block
  int channels;
  int tap;

  [[nodiscard]] constexpr int quads() const noexcept { return channel_quads(channels); }
};

/// The code for each value of a 4-bit number whose bit p is the bit of plane p. Bits beyond the last plane are ignored.
template <class Weights>
inline constexpr auto plane_codes = [] {
  constexpr int planes = weight_planes<Weights::storage, Weights::bits>();
  std::array<std::int8_t, 16> codes{};
  for (std::uint32_t i = 0; i < 16; ++i)
    codes[i] = static_cast<std::int8_t>(weight_code<Weights::storage, Weights::bits>(i & ((1u << planes) - 1)));
  return codes;
}();

inline constexpr auto nibble_codes = [] {
  std::array<std::int8_t, 16> codes{};
  for (unsigned i = 0; i < 16; ++i) codes[i] = static_cast<std::int8_t>(nibble_value(i));
  return codes;
}();

template <class Weights>
[[nodiscard]] constexpr const std::array<std::int8_t, 16>& dot_weight_codes() noexcept {
  if constexpr (is_planes(Weights::storage)) return plane_codes<Weights>;
  else return nibble_codes;
}

/// The two codes for each value of a byte that holds two 4-bit numbers as in plane_codes.
template <class Weights>
inline constexpr auto code_pairs = [] {
  std::array<std::array<std::int8_t, 2>, 256> pairs{};
  for (std::size_t i = 0; i < 256; ++i) pairs[i] = {plane_codes<Weights>[i % 16], plane_codes<Weights>[i / 16]};
  return pairs;
}();

/// Decodes one quad (four channels) in standard C++. Writes all 16 lanes, with 0 for missing filters and channels.
template <weight_order Order, class Weights>
struct quad_decoder {
  static constexpr int planes = weight_planes<Weights::storage, Weights::bits>();

  static void decode(const quad_range& r, int quad, std::byte* to) noexcept {
    for (int i = 4 * r.filters; i < quad_bytes; ++i) to[i] = std::byte{0};
    const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(r.tap) * r.quads() + quad;
    if constexpr (Order == weight_order::planes) {
      decode_words(r, quad, to);
    } else if constexpr (Order == weight_order::masks) {
      decode_masks(r, quad, to);
    } else if constexpr (Weights::storage == encoding::nibble) {
      const std::byte* from = r.block + step * r.filters * 2;
      for (int f = 0; f < r.filters; ++f) store32(to + 4 * f, signed_bytes(load16(from + 2 * f)));
    } else {
      std::memcpy(to, r.block + step * r.filters * 4, index(r.filters) * 4);
    }
    for (int c = r.channels - 4 * quad; c < 4; ++c)
      for (int f = 0; f < r.filters; ++f) to[4 * f + c] = std::byte{0};
  }

private:
  /// Sign-extends four 4-bit numbers to bytes. For each sign bit that is set (8), adding 8 · 30 = 240 sets the four
  /// bits above it.
  static constexpr std::uint32_t signed_bytes(std::uint32_t nibbles) noexcept {
    const std::uint32_t pairs = (nibbles | nibbles << 8) & 0x00ff00ffu;
    const std::uint32_t bytes = (pairs | pairs << 4) & 0x0f0f0f0fu;
    return bytes | (bytes & 0x08080808u) * 30;
  }
  static_assert(signed_bytes(0x8f71) == 0xf8ff0701);

  /// Looks up the codes of four channels. planes_of has one byte for each channel, with the bits of its planes.
  static void look_up(std::uint32_t planes_of, std::byte* to) noexcept {
    const std::uint32_t pairs = planes_of | planes_of >> 4;
    std::memcpy(to, code_pairs<Weights>[pairs & 255].data(), 2);
    std::memcpy(to + 2, code_pairs<Weights>[pairs >> 16 & 255].data(), 2);
  }

  static void decode_words(const quad_range& r, int quad, std::byte* to) noexcept {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(r.tap) * channel_words(r.channels) + quad / 8;
    const std::byte* from = r.block + row * planes * r.filters * 4;
    for (int f = 0; f < r.filters; ++f) {
      std::uint32_t bits = 0;
      for (int p = 0; p < planes; ++p) {
        const std::uint32_t four = load32(from + (p * r.filters + f) * 4) >> (quad % 8 * 4) & 15;
        bits |= (four * 0x00204081u & 0x01010101u) << p;  // moves bit c to byte c
      }
      look_up(bits, to + 4 * f);
    }
  }

  static void decode_masks(const quad_range& r, int quad, std::byte* to) noexcept {
    const std::byte* from = r.block + (static_cast<std::ptrdiff_t>(r.tap) * r.channels + quad * 4) * planes * 2;
    const int channels = r.channels - quad * 4 < 4 ? r.channels - quad * 4 : 4;
    std::uint32_t bits[block_filters] = {};
    for (int c = 0; c < channels; ++c)
      for (int p = 0; p < planes; ++p, from += 2) {
        const std::uint32_t mask = load16(from);
        const std::uint32_t set = 1u << (8 * c + p);
        for (int f = 0; f < block_filters; ++f) bits[f] |= (mask & 1u << f) != 0 ? set : 0;
      }
    for (int f = 0; f < r.filters; ++f) look_up(bits[f], to + 4 * f);
  }
};

/// Bytes of the table [taps][sum_stride(filters)]. Each entry is -zero · Σ w (dot/code.hpp) for the weights w of one
/// filter at one tap. The base of a window is the sum of the entries of its taps.
[[nodiscard]] constexpr std::size_t dot_table_bytes(const geometry& g) noexcept {
  const auto taps = index(g.kernel.height * g.kernel.width);
  return taps * index(sum_stride(g.out.channels)) * sizeof(std::int32_t);
}

/// Fills the table of dot_table_bytes(): -zero · Σ w for each tap and filter.
///
/// requires  `block_size` is the size of a whole block in bytes
template <weight_order Order, class Weights>
void prepare_dot_table(const geometry& g, const std::byte* weights, std::size_t block_size, int zero,
                       std::int32_t* table) noexcept {
  const int taps = g.kernel.height * g.kernel.width;
  const int stride = sum_stride(g.out.channels);
  for (int block = 0; block < blocks(g.out.channels); ++block, weights += block_size)
    for (int tap = 0; tap < taps; ++tap) {
      const quad_range all{weights, filters_of(g.out.channels, block), g.in.channels, tap};
      std::int32_t sums[block_filters] = {};
      for (int quad = 0; quad < all.quads(); ++quad) {
        std::byte bytes[quad_bytes];
        quad_decoder<Order, Weights>::decode(all, quad, bytes);
        for (int i = 0; i < quad_bytes; ++i) sums[i / 4] += static_cast<std::int8_t>(bytes[i]);
      }
      for (int f = 0; f < block_filters; ++f) table[tap * stride + block * block_filters + f] = -zero * sums[f];
    }
}

/// Number of accumulators to which the products of successive quads are added in turn, so that an addition does not
/// wait for the one before it.
inline constexpr int decoder_chains = 4;

/// Decodes one tap of a block and passes its quads (of four channels) to `take`, which stores them in a panel or
/// multiplies them. This decoder is in standard C++, for architectures without byte shuffles.
///
/// take(chain, quad, vector, bytes)    receives the bytes of one vector of lanes in a register; this decoder passes all
///                                     64 bytes of the quad, in memory
/// store(bytes, vector, to)            stores one such vector; `to` is the start of its quad
struct plain_decoder {
  struct lanes {
    alignas(64) std::byte at[quad_bytes];
  };
  static void store(const lanes& bytes, int, std::byte* to) noexcept { std::memcpy(to, bytes.at, quad_bytes); }

  template <weight_order Order, class Weights, class Take>
  static void decode(const quad_range& r, const Take& take) noexcept {
    for (int quad = 0; quad < r.quads(); ++quad) {
      lanes bytes;
      quad_decoder<Order, Weights>::decode(r, quad, bytes.at);
      take(0, quad, 0, bytes);
    }
  }
};

}  // namespace minnow::kernels::detail
