#pragma once

#include <bit>
#include <cstdint>

namespace minnow {

/// The 16-bit float (IEEE 754 binary16) nearest to x, ties to even.
///
/// range   beyond ±65504, including infinities, the result is ±65504; NaN stays NaN; below 2^-14 the result is
///         subnormal, and zero if it is too small for a subnormal
/// throws  never
[[nodiscard]] constexpr std::uint16_t half_bits(float x) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  constexpr std::uint32_t infinity = 0x7f800000u;
  constexpr std::uint32_t largest = 0x477fe000u;        // 65504
  constexpr std::uint32_t least_normal = 0x38800000u;   // 2^-14
  constexpr std::uint32_t half_of_least = 0x33000000u;  // 2^-25: half of the smallest subnormal
  constexpr std::uint32_t rebias = (127u - 15u) << 23;
  const auto with_sign = [sign](std::uint32_t m) { return static_cast<std::uint16_t>(sign | m); };

  // Sets the quiet bit. Without it, a NaN whose payload is only in the dropped bits would become an infinity.
  if (magnitude > infinity) return with_sign(0x7e00u | (magnitude >> 13 & 0x3ffu));
  if (magnitude >= largest) return with_sign(0x7bffu);
  // Rounds half to even: adds (half of the last kept bit's value) - 1, and another 1 if that bit is 1. The sum carries
  // into the kept bits exactly when the number is rounded up. A carry out of the fraction correctly increments the
  // exponent.
  const auto rounded = [](std::uint32_t m, std::uint32_t dropped) {
    return (m + ((1u << (dropped - 1)) - 1) + (m >> dropped & 1u)) >> dropped;
  };
  if (magnitude >= least_normal) return with_sign(rounded(magnitude - rebias, 13));
  if (magnitude < half_of_least) return with_sign(0);
  // A subnormal 16-bit float is n · 2^-24. x is fraction · 2^(exponent - 150), so n is fraction / 2^(126 - exponent),
  // rounded.
  const std::uint32_t fraction = (magnitude & 0x7fffffu) | 0x800000u;
  return with_sign(rounded(fraction, 126u - (magnitude >> 23)));
}

/// The exact value of a 16-bit float.
[[nodiscard]] constexpr float half_value(std::uint16_t half) noexcept {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1fu;
  const std::uint32_t fraction = half & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t rebiased = exponent == 31 ? 255u : exponent + (127u - 15u);
  return std::bit_cast<float>(sign | rebiased << 23 | fraction << 13);
}

/// x rounded to the nearest 16-bit float. The quantizer `half` uses this function.
[[nodiscard]] constexpr float round_to_half(float x) noexcept { return half_value(half_bits(x)); }

}  // namespace minnow
