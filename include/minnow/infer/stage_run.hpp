#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/trace.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/sink/sink.hpp>
#include <minnow/kernels/sink/sum_sink.hpp>

/// The memory of one run of a stage, for packed networks and for firmware.
namespace minnow::detail {

/// Run-time parameters of a stage's loops. The loops take these numbers instead of the stage's type, so the loops are
/// compiled once for each kernel and quantizer, not once for each stage.
struct stage_work {
  const geometry& window;
  const geometry& pool;
  std::size_t layer;
  kernels::operands operands;
  std::byte* sums;
  trace* watcher;
  int parts;               ///< number of threads that share the image
  std::size_t part_bytes;  ///< distance from one thread's buffers to the next thread's
};

/// Writes the sums of the output rows [first, last) to memory.
template <class Product>
void store_sums(const stage_work& w, int first, int last) noexcept {
  auto* sums = reinterpret_cast<typename Product::sum_type*>(w.sums);
  if constexpr (std::is_same_v<typename Product::sum_type, float>) {
    Product::rows(w.window, w.operands, first, last, kernels::float_sink{sums});
  } else {
    Product::rows(w.window, w.operands, first, last,
                  kernels::sum_sink{sums, kernels::sum_stride(w.window.out.channels), w.window.out.width, first});
  }
}

/// Sizes of the buffers that a stage needs while it runs, or the offsets of these buffers, in bytes.
struct stage_memory {
  std::array<std::size_t, 3> floats{};  ///< 0 and 1: a layer's input and output, alternating; 2: a second input
  std::size_t sums = 0;
  std::size_t waiting = 0;  ///< partial results of the windows of a pool that is folded into thresholds
  std::size_t scratch = 0;
};

/// Buffers and run-time parameters of one stage for one image.
template <class Plan>
struct stage_run {
  stage_work work;                                 ///< parameters of the product
  std::byte* output;                               ///< packed map that the stage writes
  std::array<const std::byte*, Plan::ops> others;  ///< for each layer with two inputs, the map of the second input
  std::array<float*, 3> floats;                    ///< as in stage_memory
  std::uint32_t* waiting;                          ///< as in stage_memory
  std::array<int, Plan::ops> other_zeros{};        ///< zero points of the maps in `others`
};

/// Returns the size in bytes of a product's sums for `rows` rows of its output.
template <class Plan>
constexpr std::size_t sum_bytes(int rows) {
  const auto stride = index(kernels::sum_stride(Plan::window.out.channels));
  return (index(Plan::window.out.width) * stride * index(rows) + stride) * 4;
}

}  // namespace minnow::detail
