#pragma once

#include <minnow/kernels/arch.hpp>

namespace minnow::kernels::detail {

/// Limits of a tile: the number of batches of state, which leaves a quarter of the registers to weights and inputs, and
/// the number of blocks.
template <class Arch>
struct xnor_tile_size {
  static constexpr int batches = 24;
  static constexpr int blocks = 2;
};
/// Smaller than the registers permit, because sides of maps are more often multiples of 4 than of 6.
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
