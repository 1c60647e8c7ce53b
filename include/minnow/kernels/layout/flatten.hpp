#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>

namespace minnow::kernels {

/// Returns true if flatten_inputs must repack a map before it can be read as one long pixel. The planes of each pixel
/// begin at a new word, so the pixels of a map have gaps between them if the number of channels is not a multiple of
/// 32.
template <encoding Encoding>
[[nodiscard]] constexpr bool has_gaps(const shape& in) noexcept {
  return is_planes(Encoding) && in.pixels() > 1 && in.channels % word_bits != 0;
}

/// Repacks a map as the input of a dense layer, in place: packed (pixels, C) -> packed (1, pixels · C).
///
/// Each plane is one stream of bits. When group j of 32 codes is written, all codes up to number 32 j + 31 have already
/// been read. The unread codes are in later groups of the old map, because gaps only move codes toward the end. So no
/// unread code is overwritten.
///
/// requires  a map whose unused bits are 0
/// throws    never
template <encoding Encoding, int Bits = 3>
constexpr void flatten_inputs(std::byte* map, int pixels, int channels) noexcept {
  static_assert(is_planes(Encoding), "minnow: only planes have gaps");
  constexpr std::size_t planes = index(input_planes<Encoding, Bits>());
  std::array<std::uint64_t, planes> waiting{};
  int filled = 0;
  std::byte* to = map;
  const auto write = [&] {
    for (std::size_t p = 0; p < planes; ++p, to += 4) {
      detail::store32(to, static_cast<std::uint32_t>(waiting[p]));
      waiting[p] >>= word_bits;
    }
    filled -= word_bits;
  };
  const std::byte* from = map;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    for (int left = channels; left > 0; left -= word_bits) {
      for (std::size_t p = 0; p < planes; ++p, from += 4)
        waiting[p] |= static_cast<std::uint64_t>(detail::load32(from)) << filled;
      filled += left < word_bits ? left : word_bits;
      if (filled >= word_bits) write();
    }
  }
  if (filled > 0) write();
}

}  // namespace minnow::kernels
