#pragma once

#include <minnow/train/layers/code_product.hpp>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/gemm/kernel_calls.hpp>

namespace minnow::detail {

namespace code_maps {

inline constexpr int images_together = 16;

/// Geometry that treats the images of a dense layer as the pixels of one map, so that one pass over the weights serves
/// several images.
MINNOW_INLINE geometry stacked(const geometry& g, int images) {
  return window_over({images, 1, g.in.size()}, g.out.channels, {1, 1}, {1, 1}, {0, 0});
}

}  // namespace code_maps

MINNOW_INLINE void code_product::run(const geometry& g, const activations& in, std::span<const float> weights,
                                     std::span<const float> scales, float* out) {
  const bool dense = is_dense(g);
  if (!ready_ || input_zero_ != in.zero) {
    const geometry one = dense ? code_maps::stacked(g, 1) : g;
    weights_.grow(kernel_->weight_bytes(one));
    prepared_.grow(kernel_->prepared_bytes(one));
    kernel_->prepare(one, weights, in.zero, weights_.data(), prepared_.data());
    input_zero_ = in.zero;
    ready_ = true;
  }
  const int together = dense ? code_maps::images_together : 1;
  parallel_for((in.images + together - 1) / together, [&](int item) {
    const int first = item * together;
    const int images = std::min(together, in.images - first);
    run_item(dense ? code_maps::stacked(g, images) : g, in.data + index(first) * index(g.in.size()), scales.data(),
             out + index(first) * index(g.out.size()));
  });
}

MINNOW_INLINE void code_product::run_item(const geometry& g, const float* codes, const float* scales,
                                          float* out) const {
  const std::size_t sums_bytes = kernels::cached_bytes(g), map_bytes = round_up(kernel_->map_bytes(g) + 64, 64);
  std::byte* scratch = scratch_of_thread(sums_bytes + map_bytes + kernel_->scratch_bytes(g));
  auto* const sums = reinterpret_cast<std::int32_t*>(scratch);
  std::byte* map = scratch + sums_bytes;
  const int filters = g.out.channels, stride = kernels::sum_stride(filters), rows = kernels::cached_rows(g);
  kernel_->pack(g, codes, input_zero_, map);
  for (int y = 0; y < g.out.height; y += rows) {
    const int end = std::min(y + rows, g.out.height);
    kernel_->rows(g, {map, weights_.data(), prepared_.data(), map + map_bytes, input_zero_}, y, end,
                  {sums, stride, g.out.width, y});
    const std::int32_t* from = sums;
    for (int pixel = 0; pixel < (end - y) * g.out.width; ++pixel, from += stride, out += filters)
      for_vectors(filters,
                  [&](int f, auto count) { store(out + f, from_integers(from + f) * load(scales + f, count), count); });
  }
}

}  // namespace minnow::detail
