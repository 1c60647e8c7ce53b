#pragma once

#include <minnow/gemm/float_products.hpp>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_gradient.hpp>
#include <minnow/gemm/float_product.hpp>
#include <minnow/gemm/winograd.hpp>
#include <minnow/gemm/winograd_gradient.hpp>

#ifdef MINNOW_BLAS
#include <minnow/gemm/blas_products.hpp>
#endif

namespace minnow::detail {

/// Backend for layers that Winograd does not handle.
#ifdef MINNOW_BLAS
namespace plain = blas;
#else
namespace plain = kernels;
#endif

MINNOW_INLINE float_products::float_products(const geometry& g)
    : g_(g), uses_winograd_(kernels::winograd_serves<>(g)) {}

MINNOW_INLINE void float_products::forward(int images, const float* in, const float* weights, float* out,
                                           bool in_order) {
  if (uses_winograd_ && !in_order) {
    kernels::winograd_pack_forward(g_, transform(weights), panels());
    kernels::winograd_forward(g_, images, in, panels_.data(), out);
  } else {
    plain::product_forward(g_, images, in, weights, out);
  }
}

MINNOW_INLINE void float_products::backward_inputs(int images, const float* grad_out, const float* weights,
                                                   float* grad_in) {
  if (uses_winograd_) {
    kernels::winograd_pack_backward(g_, transform(weights), panels());
    kernels::winograd_backward_inputs(g_, images, grad_out, panels_.data(), grad_in);
  } else {
    plain::product_backward_inputs(g_, images, grad_out, weights, grad_in);
  }
}

MINNOW_INLINE void float_products::backward_weights(int images, const float* in, const float* grad_out,
                                                    float* gradient) const {
  if (uses_winograd_) kernels::winograd_backward_weights(g_, images, in, grad_out, gradient);
  else plain::product_backward_weights(g_, images, in, grad_out, gradient);
}

MINNOW_INLINE float* float_products::panels() {
  panels_.resize(kernels::winograd_panel_floats<>(g_));
  return panels_.data();
}

MINNOW_INLINE const float* float_products::transform(const float* weights) {
  transformed_.resize(kernels::winograd_weight_floats(g_));
  kernels::winograd_weights(g_, weights, transformed_.data());
  return transformed_.data();
}

}  // namespace minnow::detail
