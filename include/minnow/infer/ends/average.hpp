#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <minnow/core/shape.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/average_sink.hpp>

/// Average pools of integers, for packed networks and for firmware.
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

/// Passes the codes of a packed map to a sink, as a product without weights would.
template <class Quantizer, class Sink>
void put_codes(const std::byte* codes, int zero, const geometry& map, int first, int last, const Sink& sink) noexcept {
  using number = kernels::byte_code<Quantizer::storage>;
  const int channels = map.in.channels;
  for (int y = first; y < last; ++y)
    for (int x = 0; x < map.in.width; ++x) {
      const auto* pixel = reinterpret_cast<const number*>(codes) + (y * map.in.width + x) * channels;
      for (int c = 0; c < channels; c += kernels::block_filters) {
        std::int32_t block[kernels::block_filters] = {};
        const int count = (std::min)(kernels::block_filters, channels - c);
        for (int f = 0; f < count; ++f) block[f] = pixel[c + f] - zero;
        sink.put(y, x, c, count, block);
      }
    }
}

/// Returns the sink of a stage with an average pool.
template <class Plan>
[[nodiscard]] kernels::average_sink average_sink_of(const stage_run<Plan>& r,
                                                    const kernels::average_constants& constants) noexcept {
  kernels::average_sink sink{
      constants, Plan::pool_window, r.output, reinterpret_cast<std::int64_t*>(r.waiting), nullptr, false, 0};
  if constexpr (Plan::joins > 0) {
    sink.other = r.others[join_of<Plan>];
    sink.other_is_unsigned = is_unsigned(Plan::template second_inputs<join_of<Plan>>::storage);
    sink.other_zero = r.other_zeros[join_of<Plan>];
  }
  return sink;
}

}  // namespace minnow::detail
