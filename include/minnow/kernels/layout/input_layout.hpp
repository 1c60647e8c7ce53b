#pragma once

#include <cstddef>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/code_layout.hpp>

/// Sizes, packing and unpacking of input maps. The table in layout.hpp shows the layout; C is the number of channels.
namespace minnow::kernels {

template <encoding Encoding, int Bits = 3>
[[nodiscard]] constexpr std::size_t pixel_bytes(int channels) noexcept {
  const auto c = index(channels);
  if constexpr (is_planes(Encoding)) return index(channel_words(channels)) * input_planes<Encoding, Bits>() * 4;
  if constexpr (Encoding == encoding::half) return c * 2;
  if constexpr (Encoding == encoding::real) return c * 4;
  return c;
}

/// Bytes of a packed input map, without the padding that the owner of the memory adds.
template <encoding Encoding, int Bits = 3>
[[nodiscard]] constexpr std::size_t input_bytes(const shape& in) noexcept {
  return index(in.pixels()) * pixel_bytes<Encoding, Bits>(in.channels);
}

/// Packs codes (pixels, C) -> packed (pixels), for `pixels` neighboring pixels of one row or for a whole map.
///
/// requires  each code is valid for Encoding; pixel_bytes<Encoding, Bits>(channels) · pixels bytes at `packed`
/// throws    never
template <encoding Encoding, int Bits = 3>
constexpr void pack_inputs(const code<Encoding>* codes, int pixels, int channels, std::byte* packed) noexcept {
  const auto count = index(channels);
  for (int pixel = 0; pixel < pixels; ++pixel) {
    if constexpr (is_planes(Encoding)) {
      for (int first = 0; first < channels; first += word_bits) {
        const int bits = channels - first < word_bits ? channels - first : word_bits;
        for (int plane = 0; plane < input_planes<Encoding, Bits>(); ++plane) {
          word w = 0;
          for (int i = 0; i < bits; ++i)
            w |= static_cast<word>(detail::input_bit<Encoding, Bits>(plane, codes[first + i])) << i;
          detail::store32(packed, w);
          packed += 4;
        }
      }
    } else {
      for (std::size_t c = 0; c < count; ++c) detail::store_number<Encoding>(packed, c, codes[c]);
      packed += pixel_bytes<Encoding, Bits>(channels);
    }
    codes += count;
  }
}

/// Unpacks packed (pixels) -> codes (pixels, C), converted to element type `Code`.
///
/// requires  room for pixels · channels codes
/// throws    never
template <encoding Encoding, int Bits = 3, class Code = code<Encoding>>
constexpr void unpack_inputs(const std::byte* packed, int pixels, int channels, Code* codes) noexcept {
  constexpr int planes = input_planes<Encoding, Bits>();
  for (int pixel = 0; pixel < pixels; ++pixel, codes += channels, packed += pixel_bytes<Encoding, Bits>(channels)) {
    for (int c = 0; c < channels; ++c) {
      if constexpr (is_planes(Encoding)) {
        const std::byte* words = packed + index(c / word_bits) * planes * 4;
        std::uint32_t bits = 0;
        for (int p = 0; p < planes; ++p) bits |= (detail::load32(words + 4 * p) >> (c % word_bits) & 1u) << p;
        codes[c] = static_cast<Code>(detail::input_code<Encoding, Bits>(bits));
      } else {
        codes[c] = static_cast<Code>(detail::load_number<Encoding>(packed, index(c)));
      }
    }
  }
}

}  // namespace minnow::kernels
