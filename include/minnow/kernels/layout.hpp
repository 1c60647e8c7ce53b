#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/half.hpp>
#include <minnow/core/shape.hpp>

/// The byte order of packed inputs and weights. It is the file's order on every processor: everything below reads and
/// writes little-endian bytes, and can run at compile time.
///
/// With F filters, C channels, Cw = ceil(C / 32), taps = kh · kw, K = taps · C in the order (ky, kx, c):
///
/// inputs, per pixel                                  weights, per block of 16 filters, nf = min(16, F - 16 block)
/// planes        words [Cw][planes]                   planes × planes     words [taps · Cw][planes][nf]
/// nibble, byte  int8 [C]                             numbers × planes    uint16 [K][planes], bit i = filter i
/// pixel         uint8 [C]                            byte                int8 [K][nf]
/// half          uint16 [C]                           nibble              uint8 [K][ceil(nf / 2)], even filter low
/// real          float [C]                            half, real          uint16, float [K][nf]
///
/// A last block is stored without padding. Unused bits are 0. SIMD kernels may read up to 64 bytes past the end of
/// either: the owner of the memory pads it; the sizes below are exact.
namespace minnow::kernels {

/// Filters of one block: 16 lanes of 32 bits.
inline constexpr int block_filters = 16;

/// What a packed number decodes to: value · 2^(q-1) for power_of_two, 2p - 255 for pixel, the value itself for floats.
template <encoding E>
using code = std::conditional_t<is_integer(E), std::int16_t, float>;

/// The element of a sum of products: exact in 32 bits where both codes are integers.
template <encoding In, encoding Weights>
using sum = std::conditional_t<is_integer(In) && is_integer(Weights), std::int32_t, float>;

/// q: the magnitudes 2^-0 … 2^-(q-1) of a power_of_two<Bits>.
[[nodiscard]] constexpr int magnitudes(int bits) noexcept { return (1 << (bits - 1)) - 1; }

/// Bit planes of a packed input map; 0 for encodings that are not planes.
template <encoding E, int Bits = 3>
[[nodiscard]] constexpr int input_planes() noexcept {
  if constexpr (E == encoding::bit) return 1;
  if constexpr (E == encoding::ternary) return 2;
  if constexpr (E == encoding::power_of_two) return 1 + magnitudes(Bits);
  return 0;
}

/// Bit planes of packed weights; 0 for encodings that are not planes.
template <encoding E, int Bits = 3>
[[nodiscard]] constexpr int weight_planes() noexcept {
  if constexpr (E == encoding::bit) return 1;
  if constexpr (E == encoding::ternary) return 2;
  if constexpr (E == encoding::power_of_two) return Bits;
  return 0;
}

/// Words of one plane of a pixel: Cw.
[[nodiscard]] constexpr int channel_words(int channels) noexcept { return ceil_div(channels, word_bits); }

/// Elements from one pixel of a map of sums to the next: F rounded up to whole blocks. The lanes beyond F hold 0.
[[nodiscard]] constexpr int sum_stride(int filters) noexcept {
  return ceil_div(filters, block_filters) * block_filters;
}

[[nodiscard]] constexpr int blocks(int filters) noexcept { return ceil_div(filters, block_filters); }

/// Filters of one block: 16, in the last one what is left.
[[nodiscard]] constexpr int filters_of(int filters, int block) noexcept {
  const int left = filters - block * block_filters;
  return left < block_filters ? left : block_filters;
}

/// How weights stand in memory, which depends on what they are multiplied by.
enum class weight_order : std::uint8_t { planes, masks, numbers };

template <encoding In, encoding Weights>
[[nodiscard]] constexpr weight_order weight_order_of() noexcept {
  if (!is_planes(Weights)) return weight_order::numbers;
  return is_planes(In) ? weight_order::planes : weight_order::masks;
}

// --- sizes -----------------------------------------------------------------------------------------------------------

template <encoding E, int Bits = 3>
[[nodiscard]] constexpr std::size_t pixel_bytes(int channels) noexcept {
  const auto c = static_cast<std::size_t>(channels);
  if constexpr (is_planes(E)) return static_cast<std::size_t>(channel_words(channels)) * input_planes<E, Bits>() * 4;
  if constexpr (E == encoding::half) return c * 2;
  if constexpr (E == encoding::real) return c * 4;
  return c;
}

/// Bytes of a packed map of inputs, without the padding that its owner adds.
template <encoding E, int Bits = 3>
[[nodiscard]] constexpr std::size_t input_bytes(const shape& in) noexcept {
  return static_cast<std::size_t>(in.pixels()) * pixel_bytes<E, Bits>(in.channels);
}

/// Bytes of one block of `filters` (1 … 16) filters.
template <encoding In, encoding Weights, int Bits = 3>
[[nodiscard]] constexpr std::size_t weight_block_bytes(const geometry& g, int filters) noexcept {
  constexpr weight_order order = weight_order_of<In, Weights>();
  const auto nf = static_cast<std::size_t>(filters);
  const auto taps = static_cast<std::size_t>(g.kernel.height * g.kernel.width);
  const std::size_t inputs = taps * static_cast<std::size_t>(g.in.channels);
  if constexpr (order == weight_order::planes) {
    return taps * static_cast<std::size_t>(channel_words(g.in.channels)) * weight_planes<Weights, Bits>() * nf * 4;
  } else if constexpr (order == weight_order::masks) {
    return inputs * weight_planes<Weights, Bits>() * 2;
  } else if constexpr (Weights == encoding::nibble) {
    return inputs * ((nf + 1) / 2);
  } else {
    return inputs * nf * (Weights == encoding::real ? 4 : Weights == encoding::half ? 2 : 1);
  }
}

/// Where a block begins: behind `block` full ones.
template <encoding In, encoding Weights, int Bits = 3>
[[nodiscard]] constexpr std::size_t weight_block_offset(const geometry& g, int block) noexcept {
  return static_cast<std::size_t>(block) * weight_block_bytes<In, Weights, Bits>(g, block_filters);
}

/// Bytes of all packed weights, without the padding that their owner adds.
template <encoding In, encoding Weights, int Bits = 3>
[[nodiscard]] constexpr std::size_t weight_bytes(const geometry& g) noexcept {
  const int last = blocks(g.out.channels) - 1;
  return weight_block_offset<In, Weights, Bits>(g, last) +
         weight_block_bytes<In, Weights, Bits>(g, filters_of(g.out.channels, last));
}

// --- bytes -----------------------------------------------------------------------------------------------------------

namespace detail {

/// Written byte by byte so that it runs at compile time and on any byte order; compilers make one store of it.
constexpr void store16(std::byte* at, std::uint32_t value) noexcept {
  at[0] = static_cast<std::byte>(value);
  at[1] = static_cast<std::byte>(value >> 8);
}
constexpr void store32(std::byte* at, std::uint32_t value) noexcept {
  at[0] = static_cast<std::byte>(value);
  at[1] = static_cast<std::byte>(value >> 8);
  at[2] = static_cast<std::byte>(value >> 16);
  at[3] = static_cast<std::byte>(value >> 24);
}
[[nodiscard]] constexpr std::uint16_t load16(const std::byte* at) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned>(at[0]) | static_cast<unsigned>(at[1]) << 8);
}
[[nodiscard]] constexpr std::uint32_t load32(const std::byte* at) noexcept {
  return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 |
         static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24;
}

/// Plane `plane` of an input's code.
template <encoding E, int Bits>
[[nodiscard]] constexpr bool input_bit(int plane, int value) noexcept {
  if constexpr (E == encoding::bit) return value > 0;
  if constexpr (E == encoding::ternary) return plane == 0 ? value != 0 : value > 0;
  if (plane == 0) return value > 0;
  return (value < 0 ? -value : value) == 1 << (magnitudes(Bits) - plane);  // plane 1 is |h| = 2^-0
}

/// An input's code from its planes, bit p of `planes` being plane p.
template <encoding E, int Bits>
[[nodiscard]] constexpr int input_code(std::uint32_t planes) noexcept {
  if constexpr (E == encoding::bit) return planes != 0 ? 1 : -1;
  if constexpr (E == encoding::ternary) return (planes & 1) == 0 ? 0 : (planes & 2) != 0 ? 1 : -1;
  const std::uint32_t magnitude = planes >> 1;
  const int value = magnitude == 0 ? 0 : 1 << (magnitudes(Bits) - 1 - std::countr_zero(magnitude));
  return (planes & 1) != 0 ? value : -value;
}

/// Plane `plane` of a weight's code.
template <encoding E, int Bits>
[[nodiscard]] constexpr bool weight_bit(int plane, int value) noexcept {
  if constexpr (E != encoding::power_of_two) return input_bit<E, Bits>(plane, value);
  if (plane == 0) return value > 0;
  const auto index = static_cast<unsigned>(std::bit_width(static_cast<unsigned>(value < 0 ? -value : value)));
  return (index >> (plane - 1) & 1u) != 0;
}

/// A weight's code from its planes, bit p of `planes` being plane p.
template <encoding E, int Bits>
[[nodiscard]] constexpr int weight_code(std::uint32_t planes) noexcept {
  if constexpr (E != encoding::power_of_two) return input_code<E, Bits>(planes);
  const std::uint32_t index = planes >> 1;
  const int value = index == 0 ? 0 : 1 << (index - 1);
  return (planes & 1) != 0 ? value : -value;
}

/// The 4-bit two's complement number in the low half of `bits`.
[[nodiscard]] constexpr int nibble_value(unsigned bits) noexcept { return static_cast<int>((bits & 15u) ^ 8u) - 8; }

/// One number of a dense layout.
template <encoding E>
constexpr void store_number(std::byte* packed, std::size_t index, code<E> value) noexcept {
  if constexpr (E == encoding::real) {
    store32(packed + index * 4, std::bit_cast<std::uint32_t>(value));
  } else if constexpr (E == encoding::half) {
    store16(packed + index * 2, half_bits(value));
  } else if constexpr (E == encoding::pixel) {
    packed[index] = static_cast<std::byte>((value + 255) / 2);
  } else {
    packed[index] = static_cast<std::byte>(value);
  }
}

template <encoding E>
[[nodiscard]] constexpr code<E> load_number(const std::byte* packed, std::size_t index) noexcept {
  if constexpr (E == encoding::real) {
    return std::bit_cast<float>(load32(packed + index * 4));
  } else if constexpr (E == encoding::half) {
    return half_value(load16(packed + index * 2));
  } else if constexpr (E == encoding::pixel) {
    return static_cast<code<E>>(2 * static_cast<int>(packed[index]) - 255);
  } else {
    return static_cast<code<E>>(static_cast<std::int8_t>(packed[index]));
  }
}

}  // namespace detail

// --- inputs ----------------------------------------------------------------------------------------------------------

/// codes (pixels, C) -> packed (pixels): `pixels` neighbours of one row, or a whole map.
///
/// requires  each code is one of E's; pixel_bytes<E, Bits>(channels) · pixels bytes at `packed`
/// throws    never
template <encoding E, int Bits = 3>
constexpr void pack_inputs(const code<E>* codes, int pixels, int channels, std::byte* packed) noexcept {
  const auto count = static_cast<std::size_t>(channels);
  for (int pixel = 0; pixel < pixels; ++pixel) {
    if constexpr (is_planes(E)) {
      for (int first = 0; first < channels; first += word_bits) {
        const int bits = channels - first < word_bits ? channels - first : word_bits;
        for (int plane = 0; plane < input_planes<E, Bits>(); ++plane) {
          word w = 0;
          for (int i = 0; i < bits; ++i)
            w |= static_cast<word>(detail::input_bit<E, Bits>(plane, codes[first + i])) << i;
          detail::store32(packed, w);
          packed += 4;
        }
      }
    } else {
      for (std::size_t c = 0; c < count; ++c) detail::store_number<E>(packed, c, codes[c]);
      packed += pixel_bytes<E, Bits>(channels);
    }
    codes += count;
  }
}

/// packed (pixels) -> codes (pixels, C), in the element type that the reader wants.
///
/// requires  room for pixels · channels codes
/// throws    never
template <encoding E, int Bits = 3, class Code = code<E>>
constexpr void unpack_inputs(const std::byte* packed, int pixels, int channels, Code* codes) noexcept {
  constexpr int planes = input_planes<E, Bits>();
  for (int pixel = 0; pixel < pixels; ++pixel, codes += channels, packed += pixel_bytes<E, Bits>(channels)) {
    for (int c = 0; c < channels; ++c) {
      if constexpr (is_planes(E)) {
        const std::byte* words = packed + static_cast<std::size_t>(c / word_bits) * planes * 4;
        std::uint32_t bits = 0;
        for (int p = 0; p < planes; ++p) bits |= (detail::load32(words + 4 * p) >> (c % word_bits) & 1u) << p;
        codes[c] = static_cast<Code>(detail::input_code<E, Bits>(bits));
      } else {
        codes[c] = static_cast<Code>(detail::load_number<E>(packed, static_cast<std::size_t>(c)));
      }
    }
  }
}

// --- weights ---------------------------------------------------------------------------------------------------------

/// codes (F, K) -> packed.
///
/// requires  each code is one of Weights'; weight_bytes<In, Weights, Bits>(g) bytes at `packed`
/// throws    never
template <encoding In, encoding Weights, int Bits = 3>
constexpr void pack_weights(const geometry& g, const code<Weights>* codes, std::byte* packed) noexcept {
  constexpr weight_order order = weight_order_of<In, Weights>();
  constexpr int planes = weight_planes<Weights, Bits>();
  const int inputs = g.inputs();
  const int taps = g.kernel.height * g.kernel.width;
  for (int block = 0; block < blocks(g.out.channels); ++block) {
    const int nf = filters_of(g.out.channels, block);
    const auto at = [&](int filter, int k) {
      return codes[static_cast<std::size_t>(block * block_filters + filter) * static_cast<std::size_t>(inputs) +
                   static_cast<std::size_t>(k)];
    };
    if constexpr (order == weight_order::planes) {
      for (int tap = 0; tap < taps; ++tap) {
        for (int first = 0; first < g.in.channels; first += word_bits) {
          const int bits = g.in.channels - first < word_bits ? g.in.channels - first : word_bits;
          for (int plane = 0; plane < planes; ++plane) {
            for (int filter = 0; filter < nf; ++filter, packed += 4) {
              word w = 0;
              for (int i = 0; i < bits; ++i) {
                const int value = at(filter, tap * g.in.channels + first + i);
                w |= static_cast<word>(detail::weight_bit<Weights, Bits>(plane, value)) << i;
              }
              detail::store32(packed, w);
            }
          }
        }
      }
    } else if constexpr (order == weight_order::masks) {
      for (int k = 0; k < inputs; ++k) {
        for (int plane = 0; plane < planes; ++plane, packed += 2) {
          std::uint32_t mask = 0;
          for (int filter = 0; filter < nf; ++filter) {
            mask |= static_cast<std::uint32_t>(detail::weight_bit<Weights, Bits>(plane, at(filter, k))) << filter;
          }
          detail::store16(packed, mask);
        }
      }
    } else {
      for (int k = 0; k < inputs; ++k) {
        if constexpr (Weights == encoding::nibble) {
          for (int filter = 0; filter < nf; filter += 2, ++packed) {
            const int low = at(filter, k) & 15;
            const int high = filter + 1 < nf ? at(filter + 1, k) & 15 : 0;
            *packed = static_cast<std::byte>(low | high << 4);
          }
        } else {
          for (int filter = 0; filter < nf; ++filter) {
            detail::store_number<Weights>(packed, static_cast<std::size_t>(filter), at(filter, k));
          }
          packed += static_cast<std::size_t>(nf) * (Weights == encoding::real ? 4 : Weights == encoding::half ? 2 : 1);
        }
      }
    }
  }
}

/// packed, block -> codes (K, 16), in the element type that the reader wants; the lanes from nf on are 0.
///
/// requires  `packed` is where the weights begin, room for K · 16 codes
/// throws    never
template <encoding In, encoding Weights, int Bits = 3, class Code = code<Weights>>
constexpr void unpack_weight_block(const geometry& g, const std::byte* packed, int block, Code* codes) noexcept {
  constexpr weight_order order = weight_order_of<In, Weights>();
  constexpr int planes = weight_planes<Weights, Bits>();
  assert(block >= 0 && block < blocks(g.out.channels) && "a block of these weights");
  packed += weight_block_offset<In, Weights, Bits>(g, block);
  const int nf = filters_of(g.out.channels, block);
  const int channels = g.in.channels;
  const int words = channel_words(channels);

  for (int k = 0; k < g.inputs(); ++k, codes += block_filters) {
    for (int filter = 0; filter < block_filters; ++filter) {
      if (filter >= nf) {
        codes[filter] = Code{};
      } else if constexpr (order == weight_order::planes) {
        const int c = k % channels;
        const int row = (k / channels * words + c / word_bits) * planes;
        std::uint32_t bits = 0;
        for (int p = 0; p < planes; ++p) {
          const std::byte* at =
              packed +
              (static_cast<std::size_t>(row + p) * static_cast<std::size_t>(nf) + static_cast<std::size_t>(filter)) * 4;
          bits |= (detail::load32(at) >> (c % word_bits) & 1u) << p;
        }
        codes[filter] = static_cast<Code>(detail::weight_code<Weights, Bits>(bits));
      } else if constexpr (order == weight_order::masks) {
        std::uint32_t bits = 0;
        for (int p = 0; p < planes; ++p) {
          const std::byte* at = packed + (static_cast<std::size_t>(k) * planes + static_cast<std::size_t>(p)) * 2;
          bits |= (static_cast<std::uint32_t>(detail::load16(at)) >> filter & 1u) << p;
        }
        codes[filter] = static_cast<Code>(detail::weight_code<Weights, Bits>(bits));
      } else if constexpr (Weights == encoding::nibble) {
        const auto row = static_cast<std::size_t>(k) * static_cast<std::size_t>((nf + 1) / 2);
        const auto both = static_cast<unsigned>(packed[row + static_cast<std::size_t>(filter / 2)]);
        codes[filter] = static_cast<Code>(detail::nibble_value(filter % 2 == 0 ? both : both >> 4));
      } else {
        const auto index =
            static_cast<std::size_t>(k) * static_cast<std::size_t>(nf) + static_cast<std::size_t>(filter);
        codes[filter] = static_cast<Code>(detail::load_number<Weights>(packed, index));
      }
    }
  }
}

}  // namespace minnow::kernels
