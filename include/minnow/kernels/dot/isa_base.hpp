#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <minnow/kernels/arch.hpp>

/// Dot products of bytes, for which xsimd has no function. Each lane accumulates the products of its four weights with
/// the four inputs that are broadcast to all lanes. A quad is four adjacent channels.
///
/// The type of an instruction set, `Isa` in the kernels, has these members:
///
/// arch               the architecture tag of the instructions and of their batches
/// is_signed          whether inputs are signed bytes; weights always are
/// adds_pairs         whether multiply_bytes() and multiply_pairs() multiply the bytes, through sums of 16 bits
/// registers          number of vector registers
/// pixels, blocks     the size of a tile, which must fit in the registers
/// quad_size          bytes of four inputs in the unpacked map: 4, or 8 if the instructions take them as two words of
///                    16-bit numbers
/// inputs, weights    types of four inputs and four weights in each lane; of() and from() convert registers of bytes to
///                    them
/// sums               type of the accumulators; total() converts them to counts (the sums of u · w in dot/code.hpp)
namespace minnow::kernels::detail {

/// Loads four bytes as a number in the processor's byte order, for broadcasts.
[[nodiscard]] inline std::int32_t quad_at(const std::byte* at) noexcept {
  std::int32_t quad;
  std::memcpy(&quad, at, sizeof(quad));
  return quad;
}

/// Number of pixels in a tile of `Blocks` blocks of 16 filters, on 512-bit vectors. With four or two blocks a tile has
/// 24 or 16 accumulators. Two dot products per cycle with a latency of four cycles need at least eight accumulators.
template <int Blocks>
inline constexpr int wide_tile_pixels = Blocks == 4 ? 6 : 8;

/// Base of instruction sets that take bytes without conversion and accumulate the counts directly.
template <class Arch>
struct plain_dot {
  using arch = Arch;
  using numbers = xsimd::batch<std::int32_t, Arch>;
  using inputs = numbers;
  using weights = numbers;
  using sums = numbers;
  static constexpr bool is_signed = false;
  static constexpr bool adds_pairs = false;
  static constexpr int quad_size = 4;
  /// Number of vector registers.
  static constexpr int registers =
      std::is_base_of_v<xsimd::avx512f, Arch> || std::is_base_of_v<xsimd::neon64, Arch> ? 32 : 16;

  static inputs of(numbers bytes) noexcept { return bytes; }
  static weights from(numbers bytes) noexcept { return bytes; }
  static sums zero() noexcept { return numbers(0); }
  static numbers total(sums s) noexcept { return s; }
};

/// Broadcasts four inputs to every lane.
template <class Isa>
[[nodiscard]] typename Isa::inputs broadcast_inputs(const std::byte* quad) noexcept {
  using numbers = typename Isa::numbers;
  if constexpr (Isa::quad_size == 8) return {numbers(quad_at(quad)), numbers(quad_at(quad + 4))};
  else return Isa::of(numbers(quad_at(quad)));
}
/// Loads different inputs for each lane.
template <class Isa>
[[nodiscard]] typename Isa::inputs load_inputs(const std::byte* at) noexcept {
  using numbers = typename Isa::numbers;
  const auto* words = reinterpret_cast<const std::int32_t*>(at);
  // The words (x0, x2) and (x1, x3) of two quads become the two registers of an instruction, in any order of lanes.
  if constexpr (Isa::quad_size == 8)
    return {numbers::load_unaligned(words), numbers::load_unaligned(words + numbers::size)};
  else return Isa::of(numbers::load_unaligned(words));
}
/// Loads four weights for each lane.
template <class Isa>
[[nodiscard]] typename Isa::weights load_weights(const std::byte* at) noexcept {
  return Isa::from(Isa::numbers::load_unaligned(reinterpret_cast<const std::int32_t*>(at)));
}

/// Instructions of x86 that xsimd has no function for. multiply_pairs() adds adjacent products of 16 bits;
/// multiply_bytes() adds adjacent products of unsigned by signed bytes to 16 bits, with saturation.
#if XSIMD_WITH_SSE2
inline __m128i multiply_pairs(__m128i a, __m128i b) noexcept { return _mm_madd_epi16(a, b); }
#endif
#if XSIMD_WITH_SSSE3
inline __m128i multiply_bytes(__m128i a, __m128i b) noexcept { return _mm_maddubs_epi16(a, b); }
#endif
#if XSIMD_WITH_AVX2
inline __m256i multiply_pairs(__m256i a, __m256i b) noexcept { return _mm256_madd_epi16(a, b); }
inline __m256i multiply_bytes(__m256i a, __m256i b) noexcept { return _mm256_maddubs_epi16(a, b); }
#endif
#if XSIMD_WITH_AVX512BW
inline __m512i multiply_pairs(__m512i a, __m512i b) noexcept { return _mm512_madd_epi16(a, b); }
inline __m512i multiply_bytes(__m512i a, __m512i b) noexcept { return _mm512_maddubs_epi16(a, b); }
#endif

/// Base of instruction sets with 16-bit products. Their instructions need the bytes of even and odd channels in
/// separate registers. With a quad_size of 8, the unpacked map stores even and odd channels separately, so a broadcast
/// from memory needs no other operation. Without this, the mask and the shift for each broadcast took a quarter of the
/// time.
///
/// cost  4 operations per vector; in addition, 3 operations to split each vector of weights, once for all pixels of a
///       tile
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

  static halves of(numbers bytes) noexcept {
    const auto pairs = xsimd::bitwise_cast<std::uint16_t>(bytes);
    return {to_numbers(pairs & decltype(pairs)(0xff)), to_numbers(pairs >> 8)};
  }
  static halves from(numbers bytes) noexcept {
    const auto pairs = xsimd::bitwise_cast<std::int16_t>(bytes);
    return {to_numbers((pairs << 8) >> 8), to_numbers(pairs >> 8)};
  }
  static numbers add(numbers sum, halves a, halves w) noexcept {
    return sum + (numbers(multiply_pairs(a.even, w.even)) + numbers(multiply_pairs(a.odd, w.odd)));
  }

private:
  template <class Pairs>
  static numbers to_numbers(const Pairs& pairs) noexcept {
    return xsimd::bitwise_cast<std::int32_t>(pairs);
  }
};

/// Base of instruction sets with products of bytes, for operands whose sums of two adjacent products fit 16 bits.
///
/// cost  3 operations per vector
template <class Arch>
struct paired_dot : plain_dot<Arch> {
  using numbers = typename plain_dot<Arch>::numbers;
  static constexpr bool adds_pairs = true;

  static numbers add(numbers sum, numbers a, numbers w) noexcept {
    const xsimd::batch<std::int16_t, Arch> ones(1);
    return sum + numbers(multiply_pairs(multiply_bytes(a, w), ones));
  }
};

/// The base for x86: paired_dot if the sum of two adjacent products fits 16 bits (`Fits`), else split_dot.
template <class Arch, bool Fits>
using dot_base = std::conditional_t<Fits, paired_dot<Arch>, split_dot<Arch>>;

}  // namespace minnow::kernels::detail
