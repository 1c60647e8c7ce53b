#pragma once

#include <cblas.h>

#include <algorithm>
#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_taps.hpp>
#include <minnow/gemm/kernel_calls.hpp>
#include <minnow/kernels/float_vector.hpp>

/// Float products that call a BLAS. They replace gemm/float_product.hpp and gemm/float_gradient.hpp. Parameters and
/// results are the same, except for the order of additions. Windows are gathered first (im2col). This header is
/// included if MINNOW_BLAS is defined; the CMake option of that name defines it.
namespace minnow::detail::blas {

/// Returns true if windows already are contiguous rows in memory: dense layers, and 1x1 windows with stride 1, without
/// padding.
[[nodiscard]] constexpr bool has_rows(const geometry& g) noexcept { return is_dense(g) || g.is_pointwise(); }

/// Gathers the windows of the output pixels [first, first + count) of a batch: to (count, inputs of a window).
inline void gather(const geometry& g, int images, const float* in, int first, int count, float* to) noexcept {
  const kernels::tap_map map = kernels::forward_taps(g);
  for (int row = 0; row < count; ++row)
    kernels::gather_window(map, in, map.pixel_at(first + row, images),
                           to + static_cast<std::ptrdiff_t>(row) * g.inputs());
}

inline void product_forward(const geometry& g, int images, const float* in, const float* weights, float* out) {
  constexpr int together = 256;
  const int rows = images * g.out.pixels(), inputs = g.inputs(), filters = g.out.channels;
  parallel_for(ceil_div(rows, together), [&](int part) {
    const int first = part * together, count = std::min(together, rows - first);
    const float* a = in + static_cast<std::ptrdiff_t>(first) * inputs;
    if (!has_rows(g)) {
      auto* windows = reinterpret_cast<float*>(scratch_of_thread(index(count) * index(inputs) * sizeof(float)));
      gather(g, images, in, first, count, windows);
      a = windows;
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, filters, inputs, 1, a, inputs, weights, inputs, 0,
                out + static_cast<std::ptrdiff_t>(first) * filters, filters);
  });
}

inline void product_backward_inputs(const geometry& g, int images, const float* grad_out, const float* weights,
                                    float* grad_in) {
  const int inputs = g.inputs(), filters = g.out.channels;
  const auto multiply = [&](const float* from, int rows, float* to) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, inputs, filters, 1, from, filters, weights, inputs, 0,
                to, inputs);
  };
  if (has_rows(g)) {
    constexpr int together = 256;
    const int rows = images * g.out.pixels();
    parallel_for(ceil_div(rows, together), [&](int part) {
      const int first = part * together;
      multiply(grad_out + static_cast<std::ptrdiff_t>(first) * filters, std::min(together, rows - first),
               grad_in + static_cast<std::ptrdiff_t>(first) * inputs);
    });
    return;
  }
  // Windows overlap within an image, so one thread adds up all windows of an image.
  parallel_for(images, [&](int n) {
    auto* windows = reinterpret_cast<float*>(scratch_of_thread(index(g.out.pixels()) * index(inputs) * sizeof(float)));
    multiply(grad_out + static_cast<std::ptrdiff_t>(n) * g.out.size(), g.out.pixels(), windows);
    float* image = grad_in + static_cast<std::ptrdiff_t>(n) * g.in.size();
    std::fill_n(image, g.in.size(), 0.0f);
    const kernels::tap_map map = kernels::forward_taps(g);
    const float* from = windows;
    for (int pixel = 0; pixel < g.out.pixels(); ++pixel)
      for (int tap = 0; tap < map.taps(); ++tap, from += g.in.channels) {
        const float* at = map.source(image, {0, pixel / g.out.width, pixel % g.out.width}, tap / g.kernel.width,
                                     tap % g.kernel.width);
        if (at == nullptr) continue;
        float* to = image + (at - image);
        for (int c = 0; c < g.in.channels; ++c) to[c] += from[c];
      }
  });
}

inline void product_backward_weights(const geometry& g, int images, const float* in, const float* grad_out,
                                     float* grad_weights) {
  constexpr int together = 4096, gathered_together = 64;
  thread_local kernels::aligned_floats windows;
  const int rows = images * g.out.pixels(), inputs = g.inputs(), filters = g.out.channels;
  std::fill_n(grad_weights, g.weights(), 0.0f);
  for (int first = 0; first < rows; first += together) {
    const int count = std::min(together, rows - first);
    const float* a = in + static_cast<std::ptrdiff_t>(first) * inputs;
    if (!has_rows(g)) {
      windows.resize(std::max(windows.size(), index(count) * index(inputs)));
      float* const to = windows.data();
      parallel_for(ceil_div(count, gathered_together), [&](int part) {
        const int row = part * gathered_together;
        gather(g, images, in, first + row, std::min(gathered_together, count - row),
               to + static_cast<std::ptrdiff_t>(row) * inputs);
      });
      a = to;
    }
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, filters, inputs, count, 1,
                grad_out + static_cast<std::ptrdiff_t>(first) * filters, filters, a, inputs, 1, grad_weights, inputs);
  }
}

}  // namespace minnow::detail::blas
