#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/kernels/dot/isa_base.hpp>

/// Dot products of bytes with SSE2 and SSSE3.
namespace minnow::kernels::detail {

#if XSIMD_WITH_SSE2
/// Splits every four bytes (a, b, c, d) into two words of 16-bit numbers, (a, c) and (b, d).
template <class Numbers>
void split_quads(const std::byte* from, int quads, std::byte* to) noexcept {
  constexpr std::int32_t even = 0x00ff00ff;
  constexpr int lanes = static_cast<int>(Numbers::size);
  // The loop moves pointers instead of an index: g++ at -O3 sees a byte index overflow in iterations that the
  // vectorized loop never executes.
  for (; quads >= lanes; quads -= lanes, from += 4 * lanes, to += 8 * lanes) {
    const auto all = Numbers::load_unaligned(reinterpret_cast<const std::int32_t*>(from));
    const Numbers evens = all & Numbers(even), odds = (all >> 8) & Numbers(even);
    auto* words = reinterpret_cast<std::int32_t*>(to);
    xsimd::zip_lo(evens, odds).store_unaligned(words);
    xsimd::zip_hi(evens, odds).store_unaligned(words + lanes);
  }
  for (; quads > 0; --quads, from += 4, to += 8) {
    const std::int32_t all = quad_at(from);
    const std::int32_t words[] = {all & even, all >> 8 & even};
    std::memcpy(to, words, 8);
  }
}

/// cost  4 operations per 128 bits
template <class Arch, bool Fits>
struct sse_dot : split_dot<Arch> {
  using base = split_dot<Arch>;
  using typename base::halves;
  using typename base::numbers;
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 2;

  static halves of(numbers all) noexcept { return {_mm_and_si128(all, _mm_set1_epi16(0xff)), _mm_srli_epi16(all, 8)}; }
  static halves from(numbers all) noexcept {
    return {_mm_srai_epi16(_mm_slli_epi16(all, 8), 8), _mm_srai_epi16(all, 8)};
  }
  static numbers add(numbers sum, halves a, halves w) noexcept {
    return _mm_add_epi32(sum, _mm_add_epi32(_mm_madd_epi16(a.even, w.even), _mm_madd_epi16(a.odd, w.odd)));
  }
};

template <bool Fits>
sse_dot<xsimd::sse2, false> dot_isa_of(xsimd::sse2);
#endif

#if XSIMD_WITH_SSSE3
/// For pairs of products that fit 16 bits: one instruction multiplies and adds the pairs.
///
/// cost  3 operations per 128 bits
template <class Arch>
struct sse_dot<Arch, true> : plain_dot<Arch> {
  using typename plain_dot<Arch>::numbers;
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 2;

  static numbers add(numbers sum, numbers a, numbers w) noexcept {
    return _mm_add_epi32(sum, _mm_madd_epi16(_mm_maddubs_epi16(a, w), _mm_set1_epi16(1)));
  }
};

template <bool Fits>
sse_dot<xsimd::ssse3, Fits> dot_isa_of(xsimd::ssse3);
#endif

}  // namespace minnow::kernels::detail
