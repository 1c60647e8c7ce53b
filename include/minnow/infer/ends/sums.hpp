#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/trace.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/sink.hpp>

/// The loops over a stage's product, shared by all epilogues (see end.hpp).
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

/// Computes a stage's sums row by row and passes them to the trace. This computes the product a second time, because
/// the run itself does not store these sums.
template <class Product>
void watch(const stage_work& w) noexcept {
  for (int y = 0; y < w.window.out.height; ++y) {
    store_sums<Product>(w, y, y + 1);
    w.watcher->sums(w.layer, y, y + 1, reinterpret_cast<const typename Product::sum_type*>(w.sums));
  }
}

/// Computes the product and passes its sums to the sink `codes` (see kernels/sink/sink.hpp), which may also apply a max
/// pool. The rows of the pooled map are split among threads. Product rows that no window of the pool reaches are
/// skipped.
template <class Product, class Codes>
void multiply_into(const stage_work& w, const Codes& codes) noexcept {
  const int rows = w.pool.out.height;
  const int parts = std::min(w.parts, rows);
  parallel_for(parts, [&](int part) {
    Codes own = codes;
    own.first_window_row = rows * part / parts;
    own.last_window_row = rows * (part + 1) / parts;
    kernels::operands operands = w.operands;
    operands.scratch += index(part) * w.part_bytes;
    const auto [first, last] = w.pool.y_axis().reached({own.first_window_row, own.last_window_row});
    Product::rows(w.window, operands, first, last, own);
  });
}

}  // namespace minnow::detail
