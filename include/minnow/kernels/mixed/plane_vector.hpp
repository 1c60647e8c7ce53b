#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/simd.hpp>

/// Conversion of codes in bit planes to vectors of floats.
namespace minnow::kernels::detail {

/// Returns the codes of neighboring channels, one per lane.
///
/// Lane i shifts its bit of each plane to position 0. Then 0 - bit is a mask of all ones if the bit is set, and 0
/// otherwise. The mask selects the bits of a magnitude as a float; a code has at most one magnitude. The sign is
/// inserted in bit 31.
///
/// planes  one word per plane, shifted so that bit 0 belongs to the first channel
/// cost    operations per vector: 5 for bit, 7 for ternary, 3 + 4 per magnitude for power_of_two
template <encoding Encoding, int Bits, class Arch>
[[nodiscard]] xsimd::batch<float, Arch> codes_of(const word* planes) noexcept {
  using words = xsimd::batch<word, Arch>;
  alignas(64) static constexpr word lane_numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const words lane = words::load_aligned(lane_numbers);
  const words one(word{1});
  const auto bit = [&](int plane) { return (words(planes[plane]) >> lane) & one; };
  const auto magnitude = [](float x) { return words(std::bit_cast<word>(x)); };
  constexpr int positive = Encoding == encoding::ternary ? 1 : 0;
  const words sign = (one - (bit)(positive)) << 31;
  words value(word{0});
  if constexpr (Encoding == encoding::bit) {
    value = magnitude(1.0f);
  } else if constexpr (Encoding == encoding::ternary) {
    value = (words(word{0}) - (bit)(0)) & magnitude(1.0f);
  } else {
    for (int plane = 1; plane <= magnitudes(Bits); ++plane)
      value |= (words(word{0}) - (bit)(plane)) & magnitude(static_cast<float>(1 << (magnitudes(Bits) - plane)));
  }
  // A code of 0 may become -0. Products with -0 do not change a sum, like products with +0.
  return xsimd::bitwise_cast<float>(value | sign);
}

/// Converts the codes of one pixel: packed (C) -> floats (C). Up to Vector::size - 1 floats past the end are
/// overwritten.
template <encoding Encoding, int Bits, class Vector>
void codes_of_pixel(const std::byte* packed, int channels, float* codes) noexcept {
  using arch = typename Vector::arch_type;
  constexpr int planes = input_planes<Encoding, Bits>(), lanes = static_cast<int>(Vector::size);
  for (int first = 0; first < channels; first += word_bits, packed += planes * 4) {
    word words[index(planes)];
    for (int p = 0; p < planes; ++p) words[p] = load32(packed + 4 * p);
    const int count = channels - first < word_bits ? channels - first : word_bits;
    for (int i = 0; i < count; i += lanes) {
      codes_of<Encoding, Bits, arch>(words).store_unaligned(codes + first + i);
      for (word& w : words) w = lanes < word_bits ? w >> (lanes % word_bits) : 0;
    }
  }
}

}  // namespace minnow::kernels::detail
