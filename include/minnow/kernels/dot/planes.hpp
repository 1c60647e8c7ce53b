#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/plane_words.hpp>

/// SIMD implementations of the interface in plane_words.hpp, which expands words of bit planes to bytes.
namespace minnow::kernels::detail {

inline plane_words plane_bytes_of(portable);

#if XSIMD_WITH_AVX2
struct avx2_plane {
  using bytes = __m256i;
  using mask = __m256i;

  static bytes all(int value) noexcept { return _mm256_set1_epi8(static_cast<char>(value)); }
  static mask of(const std::byte* plane) noexcept {
    const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201));
    std::int32_t word;
    std::memcpy(&word, plane, sizeof(word));
    return _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), byte_of), bit), bit);
  }
  static bytes put(bytes old, mask m, int value) noexcept { return _mm256_blendv_epi8(old, all(value), m); }
  static bytes move(bytes center, bytes size, mask up) noexcept {
    const __m256i lower = _mm256_sub_epi8(center, size);
    const __m256i step = _mm256_and_si256(size, up);
    return _mm256_add_epi8(lower, _mm256_add_epi8(step, step));
  }
  static bytes turn(bytes b) noexcept { return _mm256_xor_si256(b, all(128)); }
  static void store(bytes b, std::byte* to) noexcept { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), b); }
};

inline avx2_plane plane_bytes_of(xsimd::avx2);
#endif

// AVX-512 tags do not derive from AVX2's, so AVX-512 has separate overloads.
#if XSIMD_WITH_AVX512BW && !defined(__AVX512VL__)
inline avx2_plane plane_bytes_of(xsimd::avx512bw);
#elif XSIMD_WITH_AVX512BW
struct avx512_plane {
  using bytes = __m256i;
  using mask = __mmask32;

  static bytes all(int value) noexcept { return avx2_plane::all(value); }
  static mask of(const std::byte* plane) noexcept {
    mask word;
    std::memcpy(&word, plane, sizeof(word));
    return word;
  }
  static bytes put(bytes old, mask m, int value) noexcept { return _mm256_mask_mov_epi8(old, m, all(value)); }
  static bytes move(bytes center, bytes size, mask up) noexcept {
    return _mm256_mask_add_epi8(_mm256_sub_epi8(center, size), up, center, size);
  }
  static bytes turn(bytes b) noexcept { return avx2_plane::turn(b); }
  static void store(bytes b, std::byte* to) noexcept { avx2_plane::store(b, to); }
};

inline avx512_plane plane_bytes_of(xsimd::avx512bw);
#endif

/// The implementation for `Arch`.
template <class Arch>
using plane_bytes = decltype(plane_bytes_of(Arch{}));

}  // namespace minnow::kernels::detail
