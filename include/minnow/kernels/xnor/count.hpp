#pragma once

#include <limits>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/hold.hpp>

/// Popcount in 32-bit lanes, for which xsimd has no function, and bitwise logic of three operands.
///
/// A bit_counter accumulates counts in fields that may be narrower than a lane:
///
/// count(counts, bits)   returns counts + popcount(bits), field by field
/// capacity              number of calls of `count` before a field may overflow
/// widen(counts)         returns the count of each 32-bit lane
///
/// The functions of three_way take one instruction each on processors with three-operand logic, and otherwise the
/// fewest possible two-operand operations. The three-operand instruction overwrites its first operand, so the first
/// argument is one that the caller does not need afterwards.
///
/// masked_difference(a, mask, b)  mask & (a ^ b)
/// parity(a, b, c)                a ^ b ^ c
/// parity_without(c, b, a)        a ^ (b & ~c)
/// carry(x, p, s)                 the majority of p, x and y, given their parity s = p ^ x ^ y. Where p and x agree,
///                                the majority is x. Where they differ, it is y = x ^ (p ^ s).
namespace minnow::kernels::detail {

template <class Arch>
struct bit_counter;

template <class Words>
struct three_way {
  static Words masked_difference(Words a, Words mask, Words b) noexcept { return mask & (a ^ b); }
  static Words parity(Words a, Words b, Words c) noexcept { return a ^ b ^ c; }
  static Words parity_without(Words c, Words b, Words a) noexcept { return a ^ xsimd::bitwise_andnot(b, c); }
  static Words carry(Words x, Words p, Words s) noexcept { return x ^ ((p ^ x) & (p ^ s)); }
};

#if XSIMD_WITH_AVX512F
/// Functions of three operands in one AVX-512 instruction. The last argument of _mm512_ternarylogic_epi32(a, b, c,
/// table) is the function's truth table: bit 4a + 2b + c of the table is the function's value.
template <class Arch>
  requires std::is_base_of_v<xsimd::avx512f, Arch>
struct three_way<xsimd::batch<word, Arch>> {
  using words = xsimd::batch<word, Arch>;
  static words masked_difference(words a, words mask, words b) noexcept {
    return _mm512_ternarylogic_epi32(a, mask, b, 0x48);
  }
  static words parity(words a, words b, words c) noexcept { return _mm512_ternarylogic_epi32(a, b, c, 0x96); }
  static words parity_without(words c, words b, words a) noexcept { return _mm512_ternarylogic_epi32(c, b, a, 0xa6); }
  static words carry(words x, words p, words s) noexcept { return _mm512_ternarylogic_epi32(x, p, s, 0xd4); }
};
#endif

/// Instructions of x86 that xsimd has no function for: a lookup in a table of 16 bytes within each 128 bits, and the
/// sums of the four bytes of each word, computed with two multiply-adds whose factors are 1.
#if XSIMD_WITH_AVX2
inline __m256i look_up_bytes(__m256i table, __m256i at) noexcept { return _mm256_shuffle_epi8(table, at); }
inline __m256i add_bytes_of_words(__m256i bytes) noexcept {
  return _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1)), _mm256_set1_epi16(1));
}
#endif
#if XSIMD_WITH_AVX512BW
inline __m512i look_up_bytes(__m512i table, __m512i at) noexcept { return _mm512_shuffle_epi8(table, at); }
inline __m512i add_bytes_of_words(__m512i bytes) noexcept {
  return _mm512_madd_epi16(_mm512_maddubs_epi16(bytes, _mm512_set1_epi8(1)), _mm512_set1_epi16(1));
}
#endif

#if XSIMD_WITH_AVX2
/// Looks up the popcount of each nibble in a 16-byte table that stays in a register (a byte shuffle), and adds the
/// counts of both nibbles to a counter for each byte. One call adds at most 8 to a byte, so 31 calls cannot overflow
/// it. widen() then adds up the four bytes of a lane.
///
/// cost  8 operations per vector including the xor, two of them shuffles
template <class Arch>
struct look_up_counter {
  using words = xsimd::batch<word, Arch>;
  using bytes = xsimd::batch<std::uint8_t, Arch>;
  static constexpr bool is_narrow = true;
  static constexpr int capacity = 31;

  static words count(words counts, words bits) noexcept {
    const words nibble(0x0f0f0f0f);
    const bytes low = count_nibbles(bits & nibble);
    const bytes high = count_nibbles((bits >> 4) & nibble);
    return xsimd::bitwise_cast<word>(xsimd::bitwise_cast<std::uint8_t>(counts) + (low + high));
  }
  static words widen(words counts) noexcept { return words(add_bytes_of_words(counts)); }

private:
  static bytes count_nibbles(words nibbles) noexcept {
    alignas(64) static constexpr std::uint8_t table[64] = {
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    return bytes(look_up_bytes(bytes::load_aligned(table), nibbles));
  }
};

template <>
struct bit_counter<xsimd::avx2> : look_up_counter<xsimd::avx2> {};
#endif
#if XSIMD_WITH_AVX512BW
template <>
struct bit_counter<xsimd::avx512bw> : look_up_counter<xsimd::avx512bw> {};
#endif

#if XSIMD_WITH_NEON64
/// Counts the bits of each byte in one instruction. A counter for each byte accumulates these counts, as on AVX2.
///
/// cost  3 operations per 128 bits including the xor
template <>
struct bit_counter<xsimd::neon64> {
  using words = xsimd::batch<word, xsimd::neon64>;
  static constexpr bool is_narrow = true;
  static constexpr int capacity = 31;

  static words count(words counts, words bits) noexcept {
    return vreinterpretq_u32_u8(vaddq_u8(vreinterpretq_u8_u32(counts), vcntq_u8(vreinterpretq_u8_u32(bits))));
  }
  static words widen(words counts) noexcept { return vpaddlq_u16(vpaddlq_u8(vreinterpretq_u8_u32(counts))); }
};
#endif

#ifdef __AVX512VPOPCNTDQ__
/// Counts the bits of each 32-bit lane in one instruction.
///
/// cost  3 operations per 512 bits including the xor: 341 MACs per cycle with two vector ports
template <>
struct bit_counter<avx512_vpopcntdq> {
  using words = xsimd::batch<word, batch_arch<avx512_vpopcntdq>>;
  static constexpr bool is_narrow = false;
  static constexpr int capacity = std::numeric_limits<int>::max();

  static words count(words counts, words bits) noexcept { return _mm512_add_epi32(counts, _mm512_popcnt_epi32(bits)); }
  static words widen(words counts) noexcept { return counts; }
};
#endif

}  // namespace minnow::kernels::detail
