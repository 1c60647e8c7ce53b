#pragma once

#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_gradient.hpp>
#include <minnow/gemm/float_product.hpp>
#include <minnow/gemm/winograd.hpp>
#include <minnow/gemm/winograd_gradient.hpp>
#include <minnow/kernels/float_vector.hpp>

#ifdef MINNOW_BLAS
#include <minnow/gemm/blas_products.hpp>
#endif

namespace minnow::detail {

/// Where the products come from that are not filtered minimally.
#ifdef MINNOW_BLAS
namespace plain = blas;
#else
namespace plain = kernels;
#endif

/// The three products of a layer of floats, each by the kernel that is fastest for it.
class float_products {
public:
  explicit float_products(const geometry& g) : g_(g), filters_minimally_(kernels::winograd_serves<>(g)) {}

  /// in (N,H,W,C), weights (F,kh,kw,C) -> out (N,H',W',F).
  ///
  /// in_order  each sum in the order of its terms, each step rounded once: exact for codes
  void forward(int images, const float* in, const float* weights, float* out, bool in_order) {
    if (filters_minimally_ && !in_order) {
      kernels::winograd_pack_forward(g_, transform(weights), panels());
      kernels::winograd_forward(g_, images, in, panels_.data(), out);
    } else {
      plain::product_forward(g_, images, in, weights, out);
    }
  }

  /// grad_out (N,H',W',F), weights (F,kh,kw,C) -> grad_in (N,H,W,C), overwritten.
  void backward_inputs(int images, const float* grad_out, const float* weights, float* grad_in) {
    if (filters_minimally_) {
      kernels::winograd_pack_backward(g_, transform(weights), panels());
      kernels::winograd_backward_inputs(g_, images, grad_out, panels_.data(), grad_in);
    } else {
      plain::product_backward_inputs(g_, images, grad_out, weights, grad_in);
    }
  }

  /// in (N,H,W,C), grad_out (N,H',W',F) -> gradient (F,kh,kw,C), overwritten.
  void backward_weights(int images, const float* in, const float* grad_out, float* gradient) const {
    if (filters_minimally_) kernels::winograd_backward_weights(g_, images, in, grad_out, gradient);
    else plain::product_backward_weights(g_, images, in, grad_out, gradient);
  }

private:
  float* panels() {
    panels_.resize(kernels::winograd_panel_floats<>(g_));
    return panels_.data();
  }
  const float* transform(const float* weights) {
    transformed_.resize(kernels::winograd_weight_floats(g_));
    kernels::winograd_weights(g_, weights, transformed_.data());
    return transformed_.data();
  }

  geometry g_;
  bool filters_minimally_;
  kernels::aligned_floats panels_;
  kernels::aligned_floats transformed_;
};

}  // namespace minnow::detail
