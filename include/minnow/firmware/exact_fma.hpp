#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace minnow::detail {

/// Returns fma(x, y, z), computed in double precision.
///
/// The product is exact in double precision. The sum is rounded to odd: if digits were lost, its last bit becomes 1, so
/// that it cannot look like the midpoint of two floats when it is rounded again.
[[nodiscard]] constexpr float fma_of_doubles(float x, float y, float z) noexcept {
  const double product = static_cast<double>(x) * static_cast<double>(y);
  const auto addend = static_cast<double>(z);
  const double sum = product + addend;
  const double part = sum - product;
  const double lost = (product - (sum - part)) + (addend - part);
  auto bits = std::bit_cast<std::uint64_t>(sum);
  if ((bits & 1) == 0 && (lost > 0 || lost < 0)) bits = (lost > 0) == (sum > 0) ? bits + 1 : bits - 1;
  return static_cast<float>(std::bit_cast<double>(bits));
}

/// Returns fma(x, y, z) with a single rounding: the instruction if the processor has one. Replaces std::fma, because on
/// processors without an fma instruction the C library may round twice, as newlib's fmaf does.
///
/// Normal numbers are added as integers of 64 bits, in which the product has 14 more bits than it needs. A bit that is
/// shifted out sets the last bit, so that rounding sees it. All other numbers, and results that are not normal, are
/// computed with doubles, which takes several times as long without a floating-point unit.
[[nodiscard]] constexpr float exact_fma(float x, float y, float z) noexcept {
#if defined(__FP_FAST_FMAF) && defined(__arm__)
  if (!std::is_constant_evaluated()) return __builtin_fmaf(x, y, z);
#endif
  constexpr int product_point = 60;  // bit of the units of a product of two numbers from 1 to 2
  const auto a = std::bit_cast<std::uint32_t>(x), b = std::bit_cast<std::uint32_t>(y),
             c = std::bit_cast<std::uint32_t>(z);
  const auto exponent = [](std::uint32_t bits) { return static_cast<int>(bits >> 23 & 255); };
  const auto normal = [](int e) { return 0 < e && e < 255; };
  const auto mantissa = [](std::uint32_t bits) { return std::uint64_t{(bits & 0x7fffff) | 0x800000}; };
  const int of_a = exponent(a), of_b = exponent(b), of_c = exponent(c);
  if (!normal(of_a) || !normal(of_b) || !normal(of_c)) return fma_of_doubles(x, y, z);
  std::uint64_t product = mantissa(a) * mantissa(b) << (product_point - 46);
  std::uint64_t addend = mantissa(c) << (product_point - 23);
  int e = of_a + of_b - 127;
  const auto shifted = [](std::uint64_t bits, int by) {
    return by > 62 ? std::uint64_t{1} : bits >> by | ((bits & ((std::uint64_t{1} << by) - 1)) != 0 ? 1u : 0u);
  };
  if (of_c > e) {
    product = shifted(product, of_c - e);
    e = of_c;
  } else {
    addend = shifted(addend, e - of_c);
  }
  const std::uint32_t product_sign = (a ^ b) >> 31;
  std::uint32_t sign = product_sign;
  std::uint64_t sum = product + addend;
  if (product_sign != c >> 31) {
    sign = product >= addend ? product_sign : c >> 31;
    sum = product >= addend ? product - addend : addend - product;
    if (sum == 0) return 0.0f;
  }
  const int lead = std::countl_zero(sum);
  e += 63 - product_point - lead;
  if (!normal(e)) return fma_of_doubles(x, y, z);
  sum <<= lead;
  // The upper 24 bits are the result; the lower 40 bits are rounded to nearest, ties to even. A carry out of the mantissa
  // increments the exponent.
  auto result = static_cast<std::uint32_t>(sum >> 40);
  const std::uint64_t rest = sum & 0xffffffffffu, half = 0x8000000000u;
  const bool up = rest > half || (rest == half && (result & 1) != 0);
  const std::uint32_t bits = (static_cast<std::uint32_t>(e) << 23) + (result & 0x7fffff) + (up ? 1u : 0u);
  if (bits >> 23 == 255) return fma_of_doubles(x, y, z);
  return std::bit_cast<float>(bits | sign << 31);
}

}  // namespace minnow::detail
