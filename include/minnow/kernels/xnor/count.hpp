#pragma once

#include <limits>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/arch.hpp>

/// Counting bits in 32-bit lanes, which xsimd has no function for, and logic of three operands.
///
/// A counter keeps counts in fields that may be narrower than a lane:
///
/// count(counts, bits)   counts + popcount(bits), field by field
/// capacity              calls of `count` before a field may overflow
/// widen(counts)         the count of each 32-bit lane
///
/// three_way: one instruction each where the processor has one, else as few of two operands as there are. That
/// instruction overwrites its first operand, so what is not needed afterwards comes first.
///
/// masked_difference(a, mask, b)  mask & (a ^ b)
/// parity(a, b, c)                a ^ b ^ c
/// parity_without(c, b, a)        a ^ (b & ~c)
/// carry(x, p, s)                 the majority of p, x and y, given their parity s = p ^ x ^ y: where p and x agree it
///                                is x, and where they differ it is y, which p ^ s turns x into
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
/// The last argument is the function's truth table: bit 4a + 2b + c is its value there.
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

#if XSIMD_WITH_AVX2
/// The popcount of a nibble is looked up in a table of 16 bytes, which a byte shuffle holds in a register; both nibbles
/// of each byte are added into a counter of that byte. A byte gains at most 8 a call, so 31 calls fit; then the four
/// bytes of a lane are added up, in two multiply-add instructions by 1.
///
/// cost  8 operations per 256 bits with the xor, two of them shuffles
template <>
struct bit_counter<xsimd::avx2> {
  using words = xsimd::batch<word, xsimd::avx2>;
  static constexpr bool is_narrow = true;
  static constexpr int capacity = 31;

  static words count(words counts, words bits) noexcept {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                           0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(bits, nibble));
    const __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bits, 4), nibble));
    return _mm256_add_epi8(counts, _mm256_add_epi8(low, high));
  }
  static words widen(words counts) noexcept {
    const __m256i pairs = _mm256_maddubs_epi16(counts, _mm256_set1_epi8(1));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  }
};
#endif

#if XSIMD_WITH_AVX512BW
/// The table of AVX2 on vectors twice as wide.
///
/// cost  8 operations per 512 bits with the xor, two of them shuffles
template <>
struct bit_counter<xsimd::avx512bw> {
  using words = xsimd::batch<word, xsimd::avx512bw>;
  static constexpr bool is_narrow = true;
  static constexpr int capacity = 31;

  static words count(words counts, words bits) noexcept {
    const __m512i table = _mm512_set4_epi32(0x04030302, 0x03020201, 0x03020201, 0x02010100);
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i low = _mm512_shuffle_epi8(table, _mm512_and_si512(bits, nibble));
    const __m512i high = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(bits, 4), nibble));
    return _mm512_add_epi8(counts, _mm512_add_epi8(low, high));
  }
  static words widen(words counts) noexcept {
    const __m512i pairs = _mm512_maddubs_epi16(counts, _mm512_set1_epi8(1));
    return _mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
  }
};
#endif

#if XSIMD_WITH_NEON64
/// The processor counts the bits of each byte; bytes are added up as on AVX2.
///
/// cost  3 operations per 128 bits with the xor
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

/// Keeps a batch in its register, to g++ a value it cannot look into: its optimiser otherwise joins the updates of
/// several accumulators with copies and loads the same weights again for each of them, which costs a third of the speed.
template <class Batch>
[[gnu::always_inline]] inline void hold([[maybe_unused]] Batch& batch) noexcept {
#if XSIMD_WITH_AVX512F && defined(__GNUC__)
  if constexpr (sizeof(Batch) == 64) __asm__("" : "+v"(batch.data));
#endif
}

#ifdef __AVX512VPOPCNTDQ__
/// cost  3 operations per 512 bits with the xor: at two vector ports 341 MACs a cycle
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
