#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace minnow::detail {

/// Returns fma(x, y, z) with a single rounding: the instruction if the processor has one. Replaces std::fma, because on
/// processors without an fma instruction the C library may round twice, as newlib's fmaf does.
///
/// The product is exact in double precision. The sum is rounded to odd: if digits were lost, its last bit becomes 1, so
/// that it cannot look like the midpoint of two floats when it is rounded again.
[[nodiscard]] constexpr float exact_fma(float x, float y, float z) noexcept {
#if defined(__FP_FAST_FMAF) && defined(__arm__)
  if (!std::is_constant_evaluated()) return __builtin_fmaf(x, y, z);
#endif
  const double product = static_cast<double>(x) * static_cast<double>(y);
  const auto addend = static_cast<double>(z);
  const double sum = product + addend;
  const double part = sum - product;
  const double lost = (product - (sum - part)) + (addend - part);
  auto bits = std::bit_cast<std::uint64_t>(sum);
  if ((bits & 1) == 0 && (lost > 0 || lost < 0)) bits = (lost > 0) == (sum > 0) ? bits + 1 : bits - 1;
  return static_cast<float>(std::bit_cast<double>(bits));
}

}  // namespace minnow::detail
