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

}  // namespace minnow::kernels::detail
