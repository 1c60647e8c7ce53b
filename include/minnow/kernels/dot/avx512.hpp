#pragma once

#include <minnow/kernels/dot/isa_base.hpp>

/// Dot products of bytes with AVX-512BW and AVX512-VNNI.
namespace minnow::kernels::detail {

#if XSIMD_WITH_AVX512BW
template <bool Fits>
struct avx512bw_dot : dot_base<xsimd::avx512bw, Fits> {
  static constexpr int quad_size = 4;
  static constexpr int blocks = 2;
  template <int Blocks>
  static constexpr int pixels = wide_tile_pixels<Blocks>;
};

template <bool Fits>
avx512bw_dot<Fits> dot_isa_of(xsimd::avx512bw);
#endif

#if XSIMD_WITH_AVX512BW && defined(__AVX512VNNI__)
/// Dot products in one instruction, with AVX512-VNNI.
///
/// cost  1 operation per 512 bits: 128 MACs per cycle with two vector ports
template <class Base>
struct avx512vnni_dot : plain_dot<xsimd::avx512vnni<Base>> {
  using typename plain_dot<xsimd::avx512vnni<Base>>::numbers;
  static constexpr int blocks = 4;
  template <int Blocks>
  static constexpr int pixels = wide_tile_pixels<Blocks>;

  static numbers add(numbers sum, numbers a, numbers w) noexcept { return _mm512_dpbusd_epi32(sum, a, w); }
};

template <bool Fits, class Base>
avx512vnni_dot<Base> dot_isa_of(xsimd::avx512vnni<Base>);
#endif

}  // namespace minnow::kernels::detail
