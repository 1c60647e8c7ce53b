#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Expands one word of a bit plane, which holds one bit for each of 32 channels, to 32 bytes, one for each channel.
/// Implementations have this interface:
///
/// mask of(word)                    selects the channels whose bit is set
/// bytes put(bytes, mask, value)    writes `value` to the selected channels
/// bytes move(center, size, up)     returns center + size in the channels that `up` selects, center - size in the
///                                  others
namespace minnow::kernels::detail {

/// Implementation in standard C++, with eight channels in each 64-bit number. On every processor, the order of the
/// channels is the order of the bytes in memory. No operation carries from one byte to the next, because sums stay
/// below 256 and differences are not negative.
struct plane_words {
  using bytes = std::array<std::uint64_t, 4>;
  using mask = bytes;

  /// Maps each byte of a plane to eight bytes, 255 where the bit is set and 0 elsewhere.
  static constexpr auto spread = [] {
    std::array<std::array<std::uint8_t, 8>, 256> table{};
    for (std::size_t bits = 0; bits < 256; ++bits)
      for (std::size_t i = 0; i < 8; ++i) table[bits][i] = (bits >> i & 1) != 0 ? 255 : 0;
    return table;
  }();
  static constexpr std::uint64_t repeated(int value) noexcept {
    return static_cast<std::uint64_t>(value & 255) * 0x0101010101010101u;
  }

  static bytes all(int value) noexcept {
    const std::uint64_t v = repeated(value);
    return {v, v, v, v};
  }
  static mask of(const std::byte* plane) noexcept {
    mask m;
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(&m[i], spread[static_cast<std::size_t>(plane[i])].data(), 8);
    return m;
  }
  static bytes put(bytes old, const mask& m, int value) noexcept {
    for (std::size_t i = 0; i < 4; ++i) old[i] = (old[i] & ~m[i]) | (repeated(value) & m[i]);
    return old;
  }
  static bytes(move)(const bytes& center, bytes size, const mask& up) noexcept {
    for (std::size_t i = 0; i < 4; ++i) size[i] = center[i] - size[i] + 2 * (size[i] & up[i]);
    return size;
  }
  static bytes turn(bytes b) noexcept {
    for (std::uint64_t& eight : b) eight ^= repeated(128);
    return b;
  }
  static void store(const bytes& b, std::byte* to) noexcept { std::memcpy(to, b.data(), 32); }
};

}  // namespace minnow::kernels::detail
