#pragma once

#include <cstdint>

namespace minnow {

/// Packed words hold 32 channels, channel c in bit c % 32 of word c / 32, whatever the processor.
using word = std::uint32_t;
/// Bits of a packed word.
inline constexpr int word_bits = 32;

/// How the codes of a quantizer stand in memory.
///
/// encoding        inputs, per pixel                          weights
/// bit             words: 1 where the code is +1              the same plane
/// ternary         words: (non-zero, positive) interleaved    the same planes
/// power_of_two    words: (positive, |h| = 2^-0, 2^-1, …)     words: (positive, bits of the magnitude index)
/// nibble          one signed byte                            two codes to a byte, the even filter in the low half
/// byte            one signed byte                            one signed byte
/// pixel           one unsigned byte p, its code 2p - 255     (inputs only)
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

/// True for encodings that keep 32 channels in each word.
[[nodiscard]] constexpr bool is_planes(encoding e) noexcept {
  return e == encoding::bit || e == encoding::ternary || e == encoding::power_of_two;
}

/// True for encodings of inputs as bytes that hold their codes.
[[nodiscard]] constexpr bool is_bytes(encoding e) noexcept {
  return e == encoding::nibble || e == encoding::byte || e == encoding::unsigned_nibble || e == encoding::unsigned_byte;
}

/// True for encodings without negative codes.
[[nodiscard]] constexpr bool is_unsigned(encoding e) noexcept {
  return e == encoding::unsigned_nibble || e == encoding::unsigned_byte;
}

/// True for encodings of small integers, whose products are summed exactly in 32 bits.
[[nodiscard]] constexpr bool is_integer(encoding e) noexcept { return e != encoding::half && e != encoding::real; }

}  // namespace minnow
