#pragma once

#include <algorithm>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/operand.hpp>

/// The loops over a stage's product, shared by all epilogues (see end.hpp).
namespace minnow::detail {

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
