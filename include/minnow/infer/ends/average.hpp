#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <minnow/core/shape.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/layout/layout.hpp>

namespace minnow::detail {

/// Computes product, average pool and thresholds: the sums of each window are added up and then compared with the
/// thresholds.
template <class Product, class Codes>
void average(const stage_work& w, const Codes& codes) noexcept {
  const int channels = w.window.out.channels;
  const auto stride = static_cast<std::ptrdiff_t>(kernels::sum_stride(channels));
  const std::ptrdiff_t row = w.window.out.width * stride;
  const auto* sums = reinterpret_cast<const std::int32_t*>(w.sums);
  for (int y = 0; y < w.pool.out.height; ++y) {
    const auto [first, last] = w.pool.y_axis().reached({y, y + 1});
    store_sums<Product>(w, first, last);
    for (int x = 0; x < w.pool.out.width; ++x) {
      const int_range columns = w.pool.x_axis().taps(x);
      const int left = w.pool.x_axis().origin(x);
      for (int c = 0; c < channels; c += kernels::block_filters) {
        std::int32_t totals[kernels::block_filters] = {};
        for (int ky = 0; ky < last - first; ++ky)
          for (int kx = columns.first; kx < columns.last; ++kx) {
            const std::int32_t* tap = sums + ky * row + (left + kx) * stride + c;
            for (int i = 0; i < kernels::block_filters; ++i) totals[i] += tap[i];
          }
        codes.put(y, x, c, (std::min)(channels - c, kernels::block_filters), totals);
      }
    }
  }
}

}  // namespace minnow::detail
