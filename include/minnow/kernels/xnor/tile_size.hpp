#pragma once

#include <minnow/kernels/arch.hpp>

namespace minnow::kernels::detail {

/// Limits of a tile: `batches` is the number of registers for accumulators, `blocks` is the number of blocks of 16
/// filters. A quarter of the registers is left for weights and inputs.
template <class Arch>
struct xnor_tile_size {
  static constexpr int batches = 24;
  static constexpr int blocks = 2;
};
/// With the popcount instruction of AVX-512, `batches` is smaller than the registers permit. A tile then has 4 or 8
/// pixels instead of 6, and the sides of maps are more often multiples of 4 than of 6.
template <>
struct xnor_tile_size<avx512_vpopcntdq> {
  static constexpr int batches = 16;
  static constexpr int blocks = 2;
};
template <>
struct xnor_tile_size<xsimd::avx2> {
  static constexpr int batches = 12;
  static constexpr int blocks = 1;
};
template <>
struct xnor_tile_size<xsimd::neon64> {
  static constexpr int batches = 24;
  static constexpr int blocks = 1;
};

}  // namespace minnow::kernels::detail
