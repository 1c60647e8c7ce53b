#pragma once

#include <cstdint>
#include <limits>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// Conversion of codes to the bytes of a dot product.
///
/// One operand of the dot product instructions of x86 has unsigned bytes. So an input is stored as the unsigned byte u
/// with code = factor · u - zero. The count of a window with weights w is v = Σ u · w, and its sum is
///
///   Σ code · w = factor · v - zero · Σ w.
///
/// The last term is the same for all windows with the same taps inside the image. If both operands of the instruction
/// are signed, bytes of an encoding whose range exceeds 127 are stored 128 lower. This changes only `zero`. The zero
/// point of an affine quantizer (quantize/concept.hpp), which is known only at run time, is added to `zero`.
namespace minnow::kernels::detail {

/// The largest magnitude of an operand's codes.
template <class Operand>
[[nodiscard]] constexpr int largest_code() noexcept {
  switch (Operand::storage) {
    case encoding::power_of_two:
      return 1 << (magnitudes(Operand::bits) - 1);
    case encoding::nibble:
      return 8;
    case encoding::byte:
      return 128;
    case encoding::unsigned_nibble:
      return 15;
    case encoding::unsigned_byte:
    case encoding::pixel:
      return 255;
    default:
      return 1;
  }
}

/// The constants that convert input codes to bytes, for dot products with unsigned or signed inputs.
template <class In, bool IsSigned>
struct dot_code {
  static constexpr int factor = In::storage == encoding::pixel ? 2 : 1;
  /// Number added to a code to make it unsigned: u = (code + offset) / factor, before any shift by 128. A pixel's byte
  /// is u itself.
  static constexpr int offset = is_unsigned(In::storage) ? 0 : largest_code<In>();
  static constexpr int largest_byte = (offset + largest_code<In>()) / factor;
  /// True if bytes are stored 128 lower, that is, with the top bit inverted.
  static constexpr bool turned = IsSigned && largest_byte > 127;
  static constexpr int zero = offset - (turned ? 128 * factor : 0);
};

/// The largest number K of inputs of a window for which sums, counts, and differences between a threshold and a base
/// (-zero · Σ w) all fit 32 bits. With codes up to x and weights up to w, a count is at most 2 · x · w · K / factor. A
/// comparison with a threshold combines a sum and a base, which together are at most 2 · x · w · K.
template <class In, class Weights>
[[nodiscard]] constexpr int dot_inputs() noexcept {
  return ((std::numeric_limits<std::int32_t>::max)() - 1) / (2 * largest_code<In>() * largest_code<Weights>());
}

/// True if the sum of two adjacent products of an unsigned byte and a weight fits 16 bits. The condition also admits a
/// sum of 2^15, which does not fit. No pair of operands reaches this sum, because it requires a byte of 256 or a weight
/// of +128.
template <class In, class Weights>
inline constexpr bool pairs_fit_16_bits = largest_code<Weights>() * dot_code<In, false>::largest_byte <= 16384;

}  // namespace minnow::kernels::detail
