#pragma once

#include <minnow/kernels/dot/isa_base.hpp>

/// Dot products of bytes with NEON, with and without its dot product instructions.
namespace minnow::kernels::detail {

#if XSIMD_WITH_NEON64 && defined(__ARM_FEATURE_DOTPROD)
/// Dot products in one instruction.
///
/// cost  1 operation per 128 bits
struct neon_dot : plain_dot<xsimd::neon64> {
  static constexpr bool is_signed = true;
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 4;

  static numbers add(numbers sum, numbers a, numbers w) noexcept {
    return vdotq_s32(sum, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(w));
  }
};
#elif XSIMD_WITH_NEON64
/// Dot products without dot product instructions. Each multiplication gives eight 16-bit products, and adjacent
/// products are added. A register of sums therefore holds two filters, with two partial sums for each.
///
/// cost  4 operations per 128 bits
struct neon_dot : plain_dot<xsimd::neon64> {
  struct sums {
    int32x4_t low;
    int32x4_t high;
  };
  static constexpr bool is_signed = true;
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 2;

  static sums zero() noexcept { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  static sums add(sums s, numbers a, numbers w) noexcept {
    const int8x16_t inputs = vreinterpretq_s8_s32(a);
    const int8x16_t weights = vreinterpretq_s8_s32(w);
    return {vpadalq_s16(s.low, vmull_s8(vget_low_s8(inputs), vget_low_s8(weights))),
            vpadalq_s16(s.high, vmull_high_s8(inputs, weights))};
  }
  static numbers total(sums s) noexcept { return vpaddq_s32(s.low, s.high); }
};
#endif

#if XSIMD_WITH_NEON64
template <bool Fits>
neon_dot dot_isa_of(xsimd::neon64);
#endif

}  // namespace minnow::kernels::detail
