#pragma once

#include <cstdint>

namespace minnow {

/// A packed word holds 32 channels on every processor: channel c is bit c % 32 of word c / 32.
using word = std::uint32_t;
/// Number of bits in a packed word.
inline constexpr int word_bits = 32;

/// How the codes of a quantizer are stored in memory. In the table, h is the quantized value. A list in parentheses
/// names the bit planes, each of which has one bit per channel.
///
/// encoding        inputs, per pixel                          weights
/// bit             words: 1 where the code is +1              as for inputs
/// ternary         words: (non-zero, positive) interleaved    as for inputs
/// power_of_two    words: (positive, |h| = 2^-0, 2^-1, …)     words: (positive, bits of the magnitude index)
/// nibble          one signed byte                            two codes per byte, the even filter in the low half
/// byte            one signed byte                            one signed byte
/// pixel           one unsigned byte p with code 2p - 255     (inputs only)
/// half            16-bit float                               16-bit float
/// real            32-bit float                               32-bit float
/// unsigned_nibble one byte 0 … 15                            (inputs only)
/// unsigned_byte   one unsigned byte                          (inputs only)
enum class encoding : std::uint8_t {
  bit,
  ternary,
  power_of_two,
  nibble,
  byte,
  pixel,
  half,
  real,
  unsigned_nibble,
  unsigned_byte
};

/// True for encodings that store bit planes: 32 channels in each word.
[[nodiscard]] constexpr bool is_planes(encoding e) noexcept {
  return e == encoding::bit || e == encoding::ternary || e == encoding::power_of_two;
}

/// True for encodings that store each input code as one byte with the code's own value, unlike `pixel`.
[[nodiscard]] constexpr bool is_bytes(encoding e) noexcept {
  return e == encoding::nibble || e == encoding::byte || e == encoding::unsigned_nibble || e == encoding::unsigned_byte;
}

/// True for encodings without negative codes.
[[nodiscard]] constexpr bool is_unsigned(encoding e) noexcept {
  return e == encoding::unsigned_nibble || e == encoding::unsigned_byte;
}

/// True for encodings of small integers. Sums of their products are exact in 32 bits.
[[nodiscard]] constexpr bool is_integer(encoding e) noexcept { return e != encoding::half && e != encoding::real; }

}  // namespace minnow
