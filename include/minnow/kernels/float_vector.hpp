#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/simd.hpp>

#include <xsimd/memory/xsimd_aligned_allocator.hpp>

namespace minnow::kernels {

/// Four floats in an array, with the part of xsimd::batch's interface that the float products use. This type replaces
/// the batch on architectures for which xsimd has no vectors of floats.
struct plain_floats {
  static constexpr std::size_t size = 4;
  float lanes[size];

  plain_floats() = default;
  explicit plain_floats(float x) noexcept : lanes{x, x, x, x} {}

  [[nodiscard]] static plain_floats load_unaligned(const float* from) noexcept {
    plain_floats result;
    for (std::size_t i = 0; i < size; ++i) result.lanes[i] = from[i];
    return result;
  }
  void store_unaligned(float* to) const noexcept {
    for (std::size_t i = 0; i < size; ++i) to[i] = lanes[i];
  }
  [[nodiscard]] friend plain_floats operator+(plain_floats a, const plain_floats& b) noexcept {
    for (std::size_t i = 0; i < size; ++i) a.lanes[i] += b.lanes[i];
    return a;
  }
  [[nodiscard]] friend plain_floats operator-(plain_floats a, const plain_floats& b) noexcept {
    for (std::size_t i = 0; i < size; ++i) a.lanes[i] -= b.lanes[i];
    return a;
  }
  [[nodiscard]] friend plain_floats operator*(plain_floats a, const plain_floats& b) noexcept {
    for (std::size_t i = 0; i < size; ++i) a.lanes[i] *= b.lanes[i];
    return a;
  }
  [[nodiscard]] plain_floats operator-() const noexcept { return plain_floats(-0.0f) - *this; }
  /// Multiplies and adds without std::fma, which is a library call for every product on processors without an FMA
  /// instruction.
  [[nodiscard]] friend plain_floats fma(plain_floats a, plain_floats b, plain_floats c) noexcept {
    for (std::size_t i = 0; i < size; ++i) c.lanes[i] += a.lanes[i] * b.lanes[i];
    return c;
  }
};

template <class Arch>
using float_vector = std::conditional_t<xsimd::types::has_simd_register<float, batch_arch<Arch>>::value,
                                        xsimd::batch<float, batch_arch<Arch>>, plain_floats>;

/// Floats aligned to 64 bytes, so that the vectors of an array do not cross cache lines.
using aligned_floats = std::vector<float, xsimd::aligned_allocator<float, 64>>;

/// The size of a register tile, a block of results whose accumulators stay in registers: `rows` pixels by `columns`
/// channels of the result. The columns are two vectors.
///
/// Each step loads two vectors of weights and broadcasts one input for each row, so a tile with more rows loads less
/// for each product. The accumulators, the two vectors and one broadcast must fit the register file. For weight
/// gradients, the rows of a tile are input channels instead of pixels (channel_rows). With many registers a tile has 8
/// of these rows instead of 12, because 8 divides 16, and the number of input channels is usually a multiple of 16. The
/// 16 accumulators of such a tile are enough to keep two multipliers with a latency of 4 cycles busy. On AVX2 tiles of
/// six rows are faster than tiles of four rows, although six rows leave more partial tiles at borders.
template <class Arch>
struct float_tile {
  static constexpr bool many_registers =
      std::is_base_of_v<xsimd::avx512f, Arch> || std::is_base_of_v<xsimd::neon64, Arch>;
  static constexpr int rows = many_registers ? 12 : 6;
  static constexpr int channel_rows = many_registers ? 8 : 6;
  static constexpr int lanes = static_cast<int>(float_vector<Arch>::size);
  static constexpr int columns = 2 * lanes;
};

}  // namespace minnow::kernels
