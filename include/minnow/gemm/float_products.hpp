#pragma once

#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_vector.hpp>

/// Float products of training.
///
/// The files of this folder, in the order in which a call goes through them:
///
/// grouped_products.hpp   gathers the channels of each group; has vector loops (vectors.hpp) for depthwise layers
/// float_products.hpp     this file: chooses between Winograd and the plain products. Only its .ipp includes the files
///                        below
/// winograd.hpp           forward and gradient of the inputs for 3x3 windows, by Winograd's minimal filtering
/// winograd_gradient.hpp  gradient of the weights for 3x3 windows, by Winograd's minimal filtering
/// float_product.hpp      plain forward and gradient of the inputs, in register tiles of pixels by filters or channels
/// float_gradient.hpp     plain gradient of the weights, in register tiles of channels by filters
/// blas_products.hpp      replaces the two plain files by a BLAS if MINNOW_BLAS is defined
/// float_taps.hpp         finds the input pixel that an output pixel reads at a tap (kernel position)
/// float_panels.hpp       packs weights into panels, with the help of float_transpose.hpp
/// kernel_calls.hpp       lets training call the kernels of packed networks, for products with codes
namespace minnow::detail {

/// The three products of a float layer: forward, gradient of the inputs, gradient of the weights. Each uses the fastest
/// kernel for the layer.
class float_products {
public:
  explicit float_products(const geometry& g);

  /// Computes the forward product: in (N,H,W,C), weights (F,kh,kw,C) -> out (N,H',W',F).
  ///
  /// in_order  true: Winograd is not used. Each sum is accumulated in the order of the inputs (ky, kx, c), with one fma
  ///           per step, which is exact for integer codes. Only a BLAS may use another order
  void forward(int images, const float* in, const float* weights, float* out, bool in_order);

  /// Computes the gradient of the inputs: grad_out (N,H',W',F), weights (F,kh,kw,C) -> grad_in (N,H,W,C), overwritten.
  void backward_inputs(int images, const float* grad_out, const float* weights, float* grad_in);

  /// Computes the gradient of the weights: in (N,H,W,C), grad_out (N,H',W',F) -> gradient (F,kh,kw,C), overwritten.
  void backward_weights(int images, const float* in, const float* grad_out, float* gradient) const;

private:
  float* panels();
  const float* transform(const float* weights);

  geometry g_;
  bool uses_winograd_;
  kernels::aligned_floats panels_;
  kernels::aligned_floats transformed_;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/gemm/impl/float_products.ipp>
#endif
