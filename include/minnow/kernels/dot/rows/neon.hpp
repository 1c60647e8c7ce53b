#pragma once

#include <minnow/kernels/dot/neon.hpp>
#include <minnow/kernels/dot/rows/pairs.hpp>

/// Sums of products by weights in fields, with NEON without its dot product instructions.
namespace minnow::kernels::detail {

#if XSIMD_WITH_NEON64 && !defined(__ARM_FEATURE_DOTPROD)
/// Sums of single products in 16 bits, eight filter and channel pairs in each register. They are added to 32 bits after
/// each period.
///
/// A scaled field is at most 8, or 15 with 4 bits, so a product with an input of at most 128 is at most 1024 or 1920. A
/// step adds two of them to a sum. A shifted field is at most 2 or 15, and a step adds all of its fields to one sum: at
/// most 8 · 128 or 4 · 256 or 2 · 1920. The sums of 8 steps fit 16 bits in each case.
///
/// cost  2 operations per 128 bits, and 3 more in each period
template <int Bits>
struct field_sum<neon_dot, Bits> {
  using numbers = typename neon_dot::numbers;
  static constexpr int period = 8;

  int16x8_t low;
  int16x8_t high;

  void clear() noexcept { low = high = vdupq_n_s16(0); }
  void add(numbers inputs, numbers codes) noexcept {
    const int8x16_t a = vreinterpretq_s8_s32(inputs);
    const int8x16_t w = vreinterpretq_s8_s32(codes);
    low = vmlal_s8(low, vget_low_s8(a), vget_low_s8(w));
    high = vmlal_high_s8(high, a, w);
  }
  [[nodiscard]] numbers settle() const noexcept { return vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)); }
};
#endif

}  // namespace minnow::kernels::detail
