#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/kernels/arch.hpp>

/// Dot products of bytes, which xsimd has no function for: a lane gains the products of its four weights and the four
/// inputs that are broadcast to all lanes.
///
/// A unit has
///
/// arch               the tag of its rung, and of its batches
/// is_signed          whether inputs are signed bytes; weights always are
/// pixels, blocks     its tile, which its registers must hold
/// quad_size          bytes of four inputs in a map: 4, or 8 where it takes them as two words of 16-bit numbers
/// inputs, weights    four inputs and four weights in each lane, made `of` and `from` registers of bytes
/// sums               what it adds to, `total` in the end
namespace minnow::kernels::detail {

/// Four bytes as a number of this processor's byte order, for broadcasts.
[[nodiscard]] inline std::int32_t quad_at(const std::byte* at) noexcept {
  std::int32_t quad;
  std::memcpy(&quad, at, sizeof(quad));
  return quad;
}

/// The tile of `Blocks` blocks on 512-bit vectors: 24 or 16 sums next to the weights. Two dot products a cycle, four
/// cycles each, want eight sums at least.
template <int Blocks>
inline constexpr int wide_tile_pixels = Blocks == 4 ? 6 : 8;

/// A unit without anything to prepare or to add up.
template <class Arch>
struct plain_dot {
  using arch = Arch;
  using numbers = xsimd::batch<std::int32_t, Arch>;
  using inputs = numbers;
  using weights = numbers;
  using sums = numbers;
  static constexpr bool is_signed = false;
  static constexpr int quad_size = 4;

  static inputs of(numbers bytes) noexcept { return bytes; }
  static weights from(numbers bytes) noexcept { return bytes; }
  static sums zero() noexcept { return numbers(0); }
  static numbers total(sums s) noexcept { return s; }
};

/// The same four inputs in every lane.
template <class Unit>
[[nodiscard]] typename Unit::inputs broadcast_inputs(const std::byte* quad) noexcept {
  using numbers = typename Unit::numbers;
  if constexpr (Unit::quad_size == 8) return {numbers(quad_at(quad)), numbers(quad_at(quad + 4))};
  else return Unit::of(numbers(quad_at(quad)));
}
/// A register of lanes from memory.
template <class Unit>
[[nodiscard]] typename Unit::weights load_weights(const std::byte* at) noexcept {
  return Unit::from(Unit::numbers::load_unaligned(reinterpret_cast<const std::int32_t*>(at)));
}

/// A unit on 16-bit products, which takes the bytes of even and of odd channels apart. Apart they stand in the map already:
/// a broadcast from memory costs no operation, where a mask and a shift for each broadcast were a quarter of the work.
template <class Arch>
struct split_dot : plain_dot<Arch> {
  using numbers = typename plain_dot<Arch>::numbers;
  struct halves {
    numbers even;
    numbers odd;
  };
  using inputs = halves;
  using weights = halves;
  static constexpr int quad_size = 8;
};

#if XSIMD_WITH_SSE2
/// Four bytes (a, b, c, d) each as the words (a, c) and (b, d) of 16-bit numbers.
template <class Numbers>
void split_quads(const std::byte* from, int quads, std::byte* to) noexcept {
  constexpr std::int32_t even = 0x00ff00ff;
  constexpr int lanes = static_cast<int>(Numbers::size);
  // Pointers that move: g++ at -O3 sees an index of bytes overflow in iterations that the vectorized loop never makes.
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

  static halves of(numbers all) noexcept {
    return {_mm_and_si128(all, _mm_set1_epi16(0xff)), _mm_srli_epi16(all, 8)};
  }
  static halves from(numbers all) noexcept {
    return {_mm_srai_epi16(_mm_slli_epi16(all, 8), 8), _mm_srai_epi16(all, 8)};
  }
  static numbers add(numbers sum, halves a, halves w) noexcept {
    return _mm_add_epi32(sum, _mm_add_epi32(_mm_madd_epi16(a.even, w.even), _mm_madd_epi16(a.odd, w.odd)));
  }
};

template <bool Fits>
sse_dot<xsimd::sse2, false> dot_unit_of(xsimd::sse2);
#endif

#if XSIMD_WITH_SSSE3
/// Where pairs of products fit 16 bits, one instruction multiplies and adds them.
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
sse_dot<xsimd::ssse3, Fits> dot_unit_of(xsimd::ssse3);
#endif

#if XSIMD_WITH_AVX2
/// cost  4 operations per 256 bits, and 3 for each 256 bits of weights and 4 pixels
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
avx2_dot<Fits> dot_unit_of(xsimd::avx2);
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
avxvnni_dot dot_unit_of(xsimd::avxvnni);
#endif

#if XSIMD_WITH_AVX512BW
/// cost  4 operations per 512 bits
template <bool Fits>
struct avx512bw_dot : split_dot<xsimd::avx512bw> {
  static constexpr int quad_size = 4;
  static constexpr int blocks = 2;
  template <int Blocks>
  static constexpr int pixels = wide_tile_pixels<Blocks>;

  static halves of(numbers all) noexcept {
    return {_mm512_and_si512(all, _mm512_set1_epi16(0xff)), _mm512_srli_epi16(all, 8)};
  }
  static halves from(numbers all) noexcept {
    return {_mm512_srai_epi16(_mm512_slli_epi16(all, 8), 8), _mm512_srai_epi16(all, 8)};
  }
  static numbers add(numbers sum, halves a, halves w) noexcept {
    return _mm512_add_epi32(sum, _mm512_add_epi32(_mm512_madd_epi16(a.even, w.even), _mm512_madd_epi16(a.odd, w.odd)));
  }
};

/// cost  3 operations per 512 bits
template <>
struct avx512bw_dot<true> : plain_dot<xsimd::avx512bw> {
  static constexpr int blocks = 2;
  template <int Blocks>
  static constexpr int pixels = wide_tile_pixels<Blocks>;

  static numbers add(numbers sum, numbers a, numbers w) noexcept {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_maddubs_epi16(a, w), _mm512_set1_epi16(1)));
  }
};

template <bool Fits>
avx512bw_dot<Fits> dot_unit_of(xsimd::avx512bw);
#endif

#if XSIMD_WITH_AVX512BW && defined(__AVX512VNNI__)
/// cost  1 operation per 512 bits: at two vector ports 128 MACs a cycle
template <class Base>
struct avx512vnni_dot : plain_dot<xsimd::avx512vnni<Base>> {
  using typename plain_dot<xsimd::avx512vnni<Base>>::numbers;
  static constexpr int blocks = 4;
  template <int Blocks>
  static constexpr int pixels = wide_tile_pixels<Blocks>;

  static numbers add(numbers sum, numbers a, numbers w) noexcept { return _mm512_dpbusd_epi32(sum, a, w); }
};

template <bool Fits, class Base>
avx512vnni_dot<Base> dot_unit_of(xsimd::avx512vnni<Base>);
#endif

#if XSIMD_WITH_NEON64 && defined(__ARM_FEATURE_DOTPROD)
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
/// Products of 8 bytes fill 16-bit lanes, whose neighbours are added: two filters to a sum, two numbers each.
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
neon_dot dot_unit_of(xsimd::neon64);
#endif

/// The last rung has no unit.
struct no_dot {
  using arch = scalar;
};
template <bool Fits>
no_dot dot_unit_of(scalar);

/// The unit of the nearest rung; `Fits` where pairs of products fit 16 bits.
template <class Arch, bool Fits>
using dot_unit = decltype(dot_unit_of<Fits>(Arch{}));

}  // namespace minnow::kernels::detail
