#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// Unpacks a packed map to the bytes of dot products (dot/code.hpp). Each unpacked pixel is padded to a multiple of
/// four channels. The bytes of the padding are 0, so the weights of the padding do not matter.
namespace minnow::kernels::detail {

/// Size of an unpacked pixel in bytes.
[[nodiscard]] constexpr std::size_t dot_pixel_bytes(int channels) noexcept {
  return index(channel_quads(channels)) * 4;
}

/// Returns true if the packed map already consists of the bytes that unpacking would give, so that it need not be
/// unpacked.
template <class In, bool IsSigned>
[[nodiscard]] constexpr bool dot_reads_packed(int channels) noexcept {
  return (In::storage == encoding::pixel || is_unsigned(In::storage)) && !dot_code<In, IsSigned>::turned &&
         channels % 4 == 0;
}

/// The operation that unpacks encodings with one byte for each code: (byte & kept) ^ turned.
struct byte_change {
  std::uint8_t kept;
  std::uint8_t turned;
};
template <class In, bool IsSigned>
[[nodiscard]] constexpr byte_change dot_byte_change() noexcept {
  constexpr std::uint8_t top = dot_code<In, IsSigned>::turned ? 128 : 0;
  if (In::storage == encoding::nibble) return {15, 8};  // the result is x + 8 for a signed number x of 4 bits
  if (In::storage == encoding::byte) return {255, 128 ^ top};
  return {255, top};
}

inline void change_bytes(byte_change change, const std::byte* from, std::size_t count, std::byte* to) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, from + i, 8);
    eight = (eight & ones * change.kept) ^ ones * change.turned;
    std::memcpy(to + i, &eight, 8);
  }
  for (; i < count; ++i)
    to[i] = (from[i] & static_cast<std::byte>(change.kept)) ^ static_cast<std::byte>(change.turned);
}

/// Changes bytes as change_bytes does, for a number of channels that is not a multiple of 4. Each pixel is padded with
/// zeros to a multiple of 4 bytes.
///
/// requires  3 readable bytes after the last pixel
inline void change_pixels(byte_change change, const std::byte* from, int pixels, int channels, std::byte* to) noexcept {
  const std::uint32_t kept = change.kept * 0x01010101u;
  const std::uint32_t turned = change.turned * 0x01010101u;
  const std::uint32_t used = 0xffffffffu >> (32 - 8 * (channels % 4));
  const int whole = channels / 4 * 4;
  for (int pixel = 0; pixel < pixels; ++pixel, from += channels) {
    for (int c = 0; c < whole; c += 4, to += 4) store32(to, (load32(from + c) & kept) ^ turned);
    store32(to, ((load32(from + whole) & kept) ^ turned) & used);
    to += 4;
  }
}

/// Unpacks encodings in bit planes, 32 channels (one word of each plane) at a time. The last word of a pixel may write
/// beyond the pixel, into the next pixel, which is written later.
template <class In, bool IsSigned, class Planes>
void unpack_planes(const std::byte* from, int pixels, int channels, std::byte* to) noexcept {
  using code = dot_code<In, IsSigned>;
  using bytes = typename Planes::bytes;
  constexpr encoding storage = In::storage;
  constexpr int planes = input_planes<storage, In::bits>();
  const std::size_t pixel_size = dot_pixel_bytes(channels);
  for (int pixel = 0; pixel < pixels; ++pixel, to += pixel_size) {
    for (int first = 0; first < channels; first += word_bits, from += 4 * planes) {
      bytes result;
      if constexpr (storage == encoding::bit) {
        result = Planes::put(Planes::all(0), Planes::of(from), 2 * code::offset);
      } else {
        constexpr int positive = storage == encoding::ternary ? 1 : 0;
        constexpr int magnitude = 1 - positive;  // index of the first plane that holds a magnitude
        bytes size = Planes::all(0);
        for (int p = magnitude; p < (positive == 1 ? 1 : planes); ++p)
          size = Planes::put(size, Planes::of(from + 4 * p), code::offset >> (p - magnitude));
        result = (Planes::move)(Planes::all(code::offset), size, Planes::of(from + 4 * positive));
      }
      if constexpr (code::turned) result = Planes::turn(result);
      Planes::store(result, to + first);
    }
    for (auto c = index(channels); c < pixel_size; ++c) to[c] = std::byte{0};
  }
}

/// Unpacks the pixels of a packed map.
///
/// requires  28 writable bytes after the last pixel
template <class In, bool IsSigned, class Planes>
void unpack_dot_inputs(const std::byte* from, int pixels, int channels, std::byte* to) noexcept {
  if constexpr (is_planes(In::storage)) {
    unpack_planes<In, IsSigned, Planes>(from, pixels, channels, to);
  } else if (constexpr byte_change change = dot_byte_change<In, IsSigned>(); channels % 4 == 0) {
    change_bytes(change, from, index(pixels) * index(channels), to);
  } else {
    change_pixels(change, from, pixels, channels, to);
  }
}

}  // namespace minnow::kernels::detail
