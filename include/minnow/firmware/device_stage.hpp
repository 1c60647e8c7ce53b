#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/shape.hpp>
#include <minnow/firmware/data.hpp>
#include <minnow/kernels/operand.hpp>

namespace minnow::detail {

/// A stage as numbers in read-only memory. The stages of a network are a table, and one loop runs them. Stages with the
/// same kernel and the same epilogue share the function `run`, which makes the code small.
struct device_stage {
  /// Runs the stage.
  ///
  /// memory  the memory of a run; the offsets below are positions in it
  /// logits  where the last stage writes
  using function = void (*)(const device_stage& stage, std::byte* memory, float* logits) noexcept;

  function run;
  const geometry* window;
  const geometry* pool;
  const std::uint32_t* weights;
  const std::int32_t* prepared;
  const std::int32_t* integers;
  const std::int64_t* wide;
  std::size_t input;
  std::size_t output;
  std::size_t other;  ///< the map that a layer adds
  std::size_t scratch;
  int_range rows;  ///< of the product's output
  int zero;        ///< zero points of the maps `input` and `other`
  int other_zero;
  bool is_unsigned;  ///< true if the codes that the stage outputs are unsigned bytes
  bool other_is_unsigned;

  [[nodiscard]] kernels::operands operands(std::byte* memory) const noexcept {
    return {memory + input, reinterpret_cast<const std::byte*>(weights), reinterpret_cast<const std::byte*>(prepared),
            memory + scratch, zero};
  }
};

}  // namespace minnow::detail
