#pragma once

#include <minnow/kernels/dot/isa_base.hpp>

/// Dot products of bytes with AVX2 and AVX-VNNI.
namespace minnow::kernels::detail {

#if XSIMD_WITH_AVX2
template <bool Fits>
struct avx2_dot : dot_base<xsimd::avx2, Fits> {
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 4;
};

template <bool Fits>
avx2_dot<Fits> dot_isa_of(xsimd::avx2);
#endif

#if XSIMD_WITH_AVXVNNI
/// Dot products in one instruction, with AVX-VNNI.
///
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
