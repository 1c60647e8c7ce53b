#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/simd.hpp>

/// Codes in fixed point, for blocks of 16 sums.
namespace minnow::kernels {

/// The constants of 16 channels for
///
///   code = clamp((multiplier * sum + other_multiplier * other + offset) >> shift, low, high)
///
/// All arrays except `multiplier` hold the even channels first, then the odd ones, because x86 multiplies the even
/// 32-bit lanes of vectors to 64 bits.
struct alignas(64) fixed_block {
  std::int32_t multiplier[block_filters];
  std::int64_t offset[block_filters];
  std::int64_t shift[block_filters];
  std::int64_t low[block_filters];
  std::int64_t high[block_filters];
  std::int64_t other_multiplier[block_filters];

  /// Position of a channel in the arrays.
  [[nodiscard]] static constexpr int place(int channel) noexcept {
    return channel / 2 + channel % 2 * (block_filters / 2);
  }
};

namespace detail {

/// The code of one channel.
[[nodiscard]] inline std::int32_t fixed_code_of(const fixed_block& b, int channel, std::int32_t sum,
                                                std::int32_t other) noexcept {
  const int p = fixed_block::place(channel);
  const std::int64_t scaled =
      (std::int64_t{b.multiplier[channel]} * sum + b.other_multiplier[p] * other + b.offset[p]) >> b.shift[p];
  return static_cast<std::int32_t>(scaled < b.low[p] ? b.low[p] : scaled > b.high[p] ? b.high[p] : scaled);
}

/// Computes 16 bytes of codes.
///
/// sums    [16]
/// others  [16] codes that an `add` layer adds; null without such a layer
template <class Code>
void fixed_codes(const fixed_block& b, const std::int32_t* sums, const std::int32_t* others, Code* codes,
                 portable) noexcept {
  for (int f = 0; f < block_filters; ++f)
    codes[f] = static_cast<Code>(fixed_code_of(b, f, sums[f], others != nullptr ? others[f] : 0));
}

#if XSIMD_WITH_AVX2
/// The codes of the even or of the odd channels of eight, in 64-bit lanes.
///
/// at  position of these channels' constants in the arrays of `b`
/// m, s, o   multipliers, sums and others, of which the even 32-bit lanes are used
template <bool Joins>
[[nodiscard]] inline __m256i fixed_lanes(const fixed_block& b, int at, __m256i m, __m256i s, __m256i o) noexcept {
  const auto load = [&](const std::int64_t* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from + at));
  };
  __m256i x = _mm256_add_epi64(_mm256_mul_epi32(m, s), load(b.offset));
  if constexpr (Joins) {
    // The multiplier has up to 53 bits: high * 2^31 + low, with 0 <= low < 2^31.
    const __m256i w = load(b.other_multiplier);
    const __m256i low = _mm256_and_si256(w, _mm256_set1_epi64x(0x7fffffff)), high = _mm256_srli_epi64(w, 31);
    x = _mm256_add_epi64(x,
                         _mm256_add_epi64(_mm256_mul_epi32(low, o), _mm256_slli_epi64(_mm256_mul_epi32(high, o), 31)));
  }
  // AVX2 shifts only unsigned numbers of 64 bits by different amounts: 2^63 is added before the shift, and its image is
  // subtracted afterwards.
  const __m256i sign = _mm256_set1_epi64x(static_cast<long long>(0x8000000000000000ull)), shift = load(b.shift);
  x = _mm256_sub_epi64(_mm256_srlv_epi64(_mm256_xor_si256(x, sign), shift), _mm256_srlv_epi64(sign, shift));
  const __m256i least = load(b.low), most = load(b.high);
  x = _mm256_blendv_epi8(x, least, _mm256_cmpgt_epi64(least, x));
  return _mm256_blendv_epi8(x, most, _mm256_cmpgt_epi64(x, most));
}

template <class Code>
void fixed_codes(const fixed_block& b, const std::int32_t* sums, const std::int32_t* others, Code* codes,
                 xsimd::avx2) noexcept {
  const auto all = [&]<bool Joins>() {
    __m256i halves[2];
    for (int half = 0; half < 2; ++half) {
      const auto load = [&](const std::int32_t* from) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 8 * half));
      };
      const __m256i m = load(b.multiplier), s = load(sums), o = Joins ? load(others) : m;
      const __m256i even = fixed_lanes<Joins>(b, 4 * half, m, s, o);
      const __m256i odd = fixed_lanes<Joins>(b, 8 + 4 * half, _mm256_srli_epi64(m, 32), _mm256_srli_epi64(s, 32),
                                             _mm256_srli_epi64(o, 32));
      halves[half] =
          _mm256_and_si256(_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa), _mm256_set1_epi32(255));
    }
    // Packing works within halves of 128 bits, so the quarters are put in order in between.
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(halves[0], halves[1]), 0xd8);
    const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), bytes);
  };
  if (others != nullptr) all.template operator()<true>();
  else all.template operator()<false>();
}
#endif

#if XSIMD_WITH_AVX512BW
/// As for AVX2, with eight channels of sixteen.
template <bool Joins>
[[nodiscard]] inline __m512i fixed_lanes(const fixed_block& b, int at, __m512i m, __m512i s, __m512i o) noexcept {
  const auto load = [&](const std::int64_t* from) { return _mm512_load_si512(from + at); };
  __m512i x = _mm512_add_epi64(_mm512_mul_epi32(m, s), load(b.offset));
  if constexpr (Joins) {
    const __m512i w = load(b.other_multiplier);
    const __m512i low = _mm512_and_si512(w, _mm512_set1_epi64(0x7fffffff)), high = _mm512_srli_epi64(w, 31);
    x = _mm512_add_epi64(x,
                         _mm512_add_epi64(_mm512_mul_epi32(low, o), _mm512_slli_epi64(_mm512_mul_epi32(high, o), 31)));
  }
  x = _mm512_srav_epi64(x, load(b.shift));
  return _mm512_min_epi64(_mm512_max_epi64(x, load(b.low)), load(b.high));
}

template <class Code>
void fixed_codes(const fixed_block& b, const std::int32_t* sums, const std::int32_t* others, Code* codes,
                 xsimd::avx512bw) noexcept {
  const auto all = [&]<bool Joins>() {
    const __m512i m = _mm512_load_si512(b.multiplier), s = _mm512_loadu_si512(sums);
    const __m512i o = Joins ? _mm512_loadu_si512(others) : m;
    const __m512i even = fixed_lanes<Joins>(b, 0, m, s, o);
    const __m512i odd =
        fixed_lanes<Joins>(b, 8, _mm512_srli_epi64(m, 32), _mm512_srli_epi64(s, 32), _mm512_srli_epi64(o, 32));
    const __m512i both = _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), _mm512_cvtepi32_epi8(both));
  };
  if (others != nullptr) all.template operator()<true>();
  else all.template operator()<false>();
}
#endif

}  // namespace detail

/// Computes the bytes of 16 codes from 16 sums.
///
/// others  codes of one byte that an `add` layer adds; null without such a layer
/// count   number of these codes, at most 16
/// zero    their zero point
template <class Arch, class Other, class Code>
void fixed_codes(const fixed_block& b, const std::int32_t* sums, const Other* others, int count, int zero,
                 Code* codes) noexcept {
  if (others == nullptr) return detail::fixed_codes(b, sums, nullptr, codes, Arch{});
  std::int32_t numbers[block_filters] = {};
  if (count == block_filters) {
    for (int f = 0; f < block_filters; ++f) numbers[f] = others[f] - zero;
  } else {
    for (int f = 0; f < count; ++f) numbers[f] = others[f] - zero;
  }
  detail::fixed_codes(b, sums, numbers, codes, Arch{});
}

}  // namespace minnow::kernels
