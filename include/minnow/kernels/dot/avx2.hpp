#pragma once

#include <minnow/kernels/dot/isa_base.hpp>

/// Dot products of bytes with AVX2 and AVX-VNNI.
namespace minnow::kernels::detail {

#if XSIMD_WITH_AVX2
/// cost  4 operations per 256 bits, plus 3 for each 256 bits of weights, which 4 pixels share
template <bool Fits>
struct avx2_dot : split_dot<xsimd::avx2> {
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 4;

  static halves of(numbers all) noexcept {
    return {_mm256_and_si256(all, _mm256_set1_epi16(0xff)), _mm256_srli_epi16(all, 8)};
  }
  static halves from(numbers all) noexcept {
    return {_mm256_srai_epi16(_mm256_slli_epi16(all, 8), 8), _mm256_srai_epi16(all, 8)};
  }
  static numbers add(numbers sum, halves a, halves w) noexcept {
    return _mm256_add_epi32(sum, _mm256_add_epi32(_mm256_madd_epi16(a.even, w.even), _mm256_madd_epi16(a.odd, w.odd)));
  }
};

/// cost  3 operations per 256 bits
template <>
struct avx2_dot<true> : plain_dot<xsimd::avx2> {
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 4;

  static numbers add(numbers sum, numbers a, numbers w) noexcept {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, w), _mm256_set1_epi16(1)));
  }
};

template <bool Fits>
avx2_dot<Fits> dot_isa_of(xsimd::avx2);
#endif

#if XSIMD_WITH_AVXVNNI
/// cost  1 operation per 256 bits
struct avxvnni_dot : plain_dot<xsimd::avxvnni> {
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 6;

  static numbers add(numbers sum, numbers a, numbers w) noexcept { return _mm256_dpbusd_avx_epi32(sum, a, w); }
};

template <bool Fits>
avxvnni_dot dot_isa_of(xsimd::avxvnni);
#endif

}  // namespace minnow::kernels::detail
