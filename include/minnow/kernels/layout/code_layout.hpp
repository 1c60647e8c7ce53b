#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/half.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>

/// Layout of single codes: element types, bits in the planes, loads and stores, and blocks of 16 filters.
namespace minnow::kernels {

/// Number of filters in a full block: a 512-bit vector has 16 lanes of 32 bits, one for each filter.
inline constexpr int block_filters = 16;

/// Element type of a decoded number. The number is value · 2^(q-1) for power_of_two with q magnitudes, 2p - 255 for a
/// pixel byte p, and the value itself for floats.
template <encoding Encoding>
using code = std::conditional_t<is_integer(Encoding), std::int16_t, float>;

/// Element type of an input map whose bytes hold the codes.
template <encoding Encoding>
using byte_code = std::conditional_t<is_unsigned(Encoding), std::uint8_t, std::int8_t>;

/// Element type of a sum of products: exact in 32 bits if both codes are integers, else float.
template <encoding In, encoding Weights>
using sum = std::conditional_t<is_integer(In) && is_integer(Weights), std::int32_t, float>;

/// Number q of the magnitudes 2^-0 … 2^-(q-1) of a power_of_two<Bits>.
[[nodiscard]] constexpr int magnitudes(int bits) noexcept { return (1 << (bits - 1)) - 1; }

/// Number of bit planes of a packed input map; 0 for encodings without planes.
template <encoding Encoding, int Bits = 3>
[[nodiscard]] constexpr int input_planes() noexcept {
  if constexpr (Encoding == encoding::bit) return 1;
  if constexpr (Encoding == encoding::ternary) return 2;
  if constexpr (Encoding == encoding::power_of_two) return 1 + magnitudes(Bits);
  return 0;
}

/// Number of bit planes of packed weights; 0 for encodings without planes.
template <encoding Encoding, int Bits = 3>
[[nodiscard]] constexpr int weight_planes() noexcept {
  if constexpr (Encoding == encoding::bit) return 1;
  if constexpr (Encoding == encoding::ternary) return 2;
  if constexpr (Encoding == encoding::power_of_two) return Bits;
  return 0;
}

/// Returns all codes of a bit-plane encoding in increasing order.
template <encoding Encoding, int Bits = 3>
[[nodiscard]] constexpr auto rising_codes() noexcept {
  static_assert(is_planes(Encoding), "minnow: codes that are no planes are consecutive numbers");
  if constexpr (Encoding == encoding::bit) {
    return std::array<int, 2>{-1, 1};
  } else if constexpr (Encoding == encoding::ternary) {
    return std::array<int, 3>{-1, 0, 1};
  } else {
    constexpr int q = magnitudes(Bits);
    std::array<int, index(2 * q + 1)> codes{};
    for (int p = 0; p < q; ++p) {
      codes[index(q + 1 + p)] = 1 << p;
      codes[index(q - 1 - p)] = -(1 << p);
    }
    return codes;
  }
}

/// Number of words in one bit plane of a pixel: ceil(channels / 32).
[[nodiscard]] constexpr int channel_words(int channels) noexcept { return ceil_div(channels, word_bits); }

/// Distance from one pixel of a map of sums to the next, in elements: `filters` rounded up to whole blocks. The
/// elements beyond the last filter hold 0.
[[nodiscard]] constexpr int sum_stride(int filters) noexcept {
  return ceil_div(filters, block_filters) * block_filters;
}

[[nodiscard]] constexpr int blocks(int filters) noexcept { return ceil_div(filters, block_filters); }

/// Number of filters in block `block`: 16, or the remaining ones in the last block.
[[nodiscard]] constexpr int filters_of(int filters, int block) noexcept {
  const int left = filters - block * block_filters;
  return left < block_filters ? left : block_filters;
}

namespace detail {

/// Stores a number in little-endian byte order, at compile time too. At run time a little-endian processor uses memcpy,
/// because g++ 12 does not merge the byte stores into one store.
template <class Number>
constexpr void store_little(std::byte* at, Number value) noexcept {
  if (std::endian::native == std::endian::little && !std::is_constant_evaluated()) {
    std::memcpy(at, &value, sizeof(value));
    return;
  }
  for (std::size_t i = 0; i < sizeof(value); ++i) at[i] = static_cast<std::byte>(value >> (8 * i));
}
constexpr void store16(std::byte* at, std::uint32_t value) noexcept {
  store_little(at, static_cast<std::uint16_t>(value));
}
constexpr void store32(std::byte* at, std::uint32_t value) noexcept { store_little(at, value); }
[[nodiscard]] constexpr std::uint16_t load16(const std::byte* at) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned>(at[0]) | static_cast<unsigned>(at[1]) << 8);
}
[[nodiscard]] constexpr std::uint32_t load32(const std::byte* at) noexcept {
  return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 |
         static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24;
}

/// Returns the bit of an input's code in plane `plane`.
template <encoding Encoding, int Bits>
[[nodiscard]] constexpr bool input_bit(int plane, int value) noexcept {
  if constexpr (Encoding == encoding::bit) return value > 0;
  if constexpr (Encoding == encoding::ternary) return plane == 0 ? value != 0 : value > 0;
  if (plane == 0) return value > 0;
  return (value < 0 ? -value : value) == 1 << (magnitudes(Bits) - plane);  // plane 1 marks the magnitude 2^-0
}

/// Decodes an input's code from its planes; bit p of `planes` is plane p.
template <encoding Encoding, int Bits>
[[nodiscard]] constexpr int input_code(std::uint32_t planes) noexcept {
  if constexpr (Encoding == encoding::bit) return planes != 0 ? 1 : -1;
  if constexpr (Encoding == encoding::ternary) return (planes & 1) == 0 ? 0 : (planes & 2) != 0 ? 1 : -1;
  const std::uint32_t magnitude = planes >> 1;
  const int value = magnitude == 0 ? 0 : 1 << (magnitudes(Bits) - 1 - std::countr_zero(magnitude));
  return (planes & 1) != 0 ? value : -value;
}

/// Returns the bit of a weight's code in plane `plane`.
template <encoding Encoding, int Bits>
[[nodiscard]] constexpr bool weight_bit(int plane, int value) noexcept {
  if constexpr (Encoding != encoding::power_of_two) return input_bit<Encoding, Bits>(plane, value);
  if (plane == 0) return value > 0;
  const auto index = static_cast<unsigned>(std::bit_width(static_cast<unsigned>(value < 0 ? -value : value)));
  return (index >> (plane - 1) & 1u) != 0;
}

/// Decodes a weight's code from its planes; bit p of `planes` is plane p.
template <encoding Encoding, int Bits>
[[nodiscard]] constexpr int weight_code(std::uint32_t planes) noexcept {
  if constexpr (Encoding != encoding::power_of_two) return input_code<Encoding, Bits>(planes);
  const std::uint32_t index = planes >> 1;
  const int value = index == 0 ? 0 : 1 << (index - 1);
  return (planes & 1) != 0 ? value : -value;
}

/// Returns the value of the 4-bit two's complement number in the low four bits of `bits`.
[[nodiscard]] constexpr int nibble_value(unsigned bits) noexcept { return static_cast<int>((bits & 15u) ^ 8u) - 8; }

/// Stores number `index` of a layout without bit planes.
template <encoding Encoding>
constexpr void store_number(std::byte* packed, std::size_t index, code<Encoding> value) noexcept {
  if constexpr (Encoding == encoding::real) {
    store32(packed + index * 4, std::bit_cast<std::uint32_t>(value));
  } else if constexpr (Encoding == encoding::half) {
    store16(packed + index * 2, half_bits(value));
  } else if constexpr (Encoding == encoding::pixel) {
    packed[index] = static_cast<std::byte>((value + 255) / 2);
  } else {
    packed[index] = static_cast<std::byte>(value);
  }
}

template <encoding Encoding>
[[nodiscard]] constexpr code<Encoding> load_number(const std::byte* packed, std::size_t index) noexcept {
  if constexpr (Encoding == encoding::real) {
    return std::bit_cast<float>(load32(packed + index * 4));
  } else if constexpr (Encoding == encoding::half) {
    return half_value(load16(packed + index * 2));
  } else if constexpr (Encoding == encoding::pixel) {
    return static_cast<code<Encoding>>(2 * static_cast<int>(packed[index]) - 255);
  } else {
    return static_cast<code<Encoding>>(static_cast<byte_code<Encoding>>(packed[index]));
  }
}

}  // namespace detail

}  // namespace minnow::kernels
