#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/kernels/arch.hpp>

/// Dot products of bytes, for which xsimd has no function. Each lane accumulates the products of its four weights with
/// the four inputs that are broadcast to all lanes. A quad is four adjacent channels.
///
/// The type of an instruction set, `Isa` in the kernels, has these members:
///
/// arch               the architecture tag of the instructions and of their batches
/// is_signed          whether inputs are signed bytes; weights always are
/// pixels, blocks     the size of its tile, which must fit the registers
/// quad_size          bytes of four inputs in the unpacked map: 4, or 8 if the instructions take them as two words of
///                    16-bit numbers
/// inputs, weights    types of four inputs and four weights in each lane; of() and from() convert registers of bytes to
///                    them
/// sums               type of the accumulators; total() converts them to counts
namespace minnow::kernels::detail {

/// Loads four bytes as a number in the processor's byte order, for broadcasts.
[[nodiscard]] inline std::int32_t quad_at(const std::byte* at) noexcept {
  std::int32_t quad;
  std::memcpy(&quad, at, sizeof(quad));
  return quad;
}

/// Pixels of a tile of `Blocks` blocks on 512-bit vectors. With four or two blocks that is 24 or 16 accumulators next
/// to the weights. Two dot products per cycle with a latency of four cycles need at least eight.
template <int Blocks>
inline constexpr int wide_tile_pixels = Blocks == 4 ? 6 : 8;

/// Base of instruction sets that take bytes as they are and whose accumulators are the counts.
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

/// Broadcasts four inputs to every lane.
template <class Isa>
[[nodiscard]] typename Isa::inputs broadcast_inputs(const std::byte* quad) noexcept {
  using numbers = typename Isa::numbers;
  if constexpr (Isa::quad_size == 8) return {numbers(quad_at(quad)), numbers(quad_at(quad + 4))};
  else return Isa::of(numbers(quad_at(quad)));
}
/// Loads four weights for each lane.
template <class Isa>
[[nodiscard]] typename Isa::weights load_weights(const std::byte* at) noexcept {
  return Isa::from(Isa::numbers::load_unaligned(reinterpret_cast<const std::int32_t*>(at)));
}

/// Base of instruction sets with 16-bit products, which take the bytes of even and odd channels separately. The unpacked
/// map already stores them separately, because a broadcast from memory costs no operation, while a mask and a shift for
/// each broadcast took a quarter of the time.
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
