#pragma once

#include <cstddef>
#include <type_traits>

#include <minnow/core/half.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/simd.hpp>

/// Conversion of 16-bit floats to 32-bit floats. It is exact, so all implementations give the same floats.
namespace minnow::kernels::detail {

/// Loads halves from memory as a vector of floats, if the processor has an instruction for it (`available`).
template <class Vector>
struct half_vector {
  static constexpr bool available = false;
};

#ifdef __F16C__
template <class Arch>
  requires std::is_base_of_v<xsimd::avx, Arch>
struct half_vector<xsimd::batch<float, Arch>> {
  static constexpr bool available = true;
  static xsimd::batch<float, Arch> load(const std::byte* halves) noexcept {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves)));
  }
};
#endif

#if XSIMD_WITH_AVX512F
template <class Arch>
  requires std::is_base_of_v<xsimd::avx512f, Arch>
struct half_vector<xsimd::batch<float, Arch>> {
  static constexpr bool available = true;
  static xsimd::batch<float, Arch> load(const std::byte* halves) noexcept {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves)));
  }
};
#endif

/// Converts halves (count) -> floats (count).
template <class Vector>
void widen_halves(const std::byte* halves, std::size_t count, float* floats) noexcept {
  std::size_t i = 0;
  if constexpr (half_vector<Vector>::available) {
    for (; i + Vector::size <= count; i += Vector::size)
      half_vector<Vector>::load(halves + 2 * i).store_unaligned(floats + i);
  }
  for (; i < count; ++i) floats[i] = half_value(load16(halves + 2 * i));
}

}  // namespace minnow::kernels::detail
