#pragma once

#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_products.hpp>
#include <minnow/gemm/vectors.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow::detail {

/// The products of a depthwise float convolution (forward and both gradients), with vectors along the channels. The
/// order in which the terms of a sum are added does not depend on the number of threads. The gradient of the weights is
/// accumulated image by image.
class depthwise_products {
public:
  explicit depthwise_products(const geometry& g) : g_(g), taps_(g.kernel.height * g.kernel.width) {}

  /// Computes out (N,H',W',C) from in (N,H,W,C) and weights (C,kh,kw). The terms of each sum are added in the order of
  /// the taps (kernel positions).
  void forward(int images, const float* in, const float* weights, float* out);

  /// Computes the gradient of the inputs: grad_out (N,H',W',C), weights (C,kh,kw) -> grad_in (N,H,W,C), overwritten.
  void backward_inputs(int images, const float* grad_out, const float* weights, float* grad_in);

  /// Computes the gradient of the weights: in (N,H,W,C), grad_out (N,H',W',C) -> gradient (C,kh,kw), overwritten. Each
  /// thread processes some channels of all images.
  void backward_weights(int images, const float* in, const float* grad_out, float* gradient);

private:
  static constexpr std::size_t at(int n) noexcept { return index(n); }
  [[nodiscard]] std::size_t input(int n, int pixel) const noexcept {
    return at(n) * at(g_.in.size()) + at(pixel) * at(g_.in.channels);
  }
  /// Reorders weights (C, taps) -> by_tap_ (taps, C).
  void by_tap(const float* weights);

  /// Calls each(tap, input pixel) for the taps of output pixel (y, x) that are inside the image.
  template <class Each>
  inline void each_tap(int y, int x, Each&& each) const noexcept;

  /// Returns the sum of inputs times output gradients over one image, for one tap and some channels. Four independent
  /// partial sums hide the latency of the multiply-adds.
  template <class Count>
  [[nodiscard]] inline vector of_tap(const float* in, const float* grad_out, int ky, int kx,
                                     Count count) const noexcept;

  geometry g_;
  int taps_;
  kernels::aligned_floats by_tap_;
};

/// The products of a float layer (forward and both gradients) whose channels may be divided into groups. Each group is
/// gathered and multiplied as a separate convolution. Depthwise convolutions use depthwise_products.
class grouped_products {
public:
  explicit grouped_products(const geometry& g);

  /// Like the functions of float_products, but weights and gradient have the shape (F,kh,kw,C / groups).
  void forward(int images, const float* in, const float* weights, float* out, bool in_order);
  void backward_inputs(int images, const float* grad_out, const float* weights, float* grad_in);
  void backward_weights(int images, const float* in, const float* grad_out, float* gradient);

private:
  [[nodiscard]] bool is_depthwise() const noexcept {
    return g_.groups > 1 && g_.group_channels() == 1 && g_.group_filters() == 1;
  }
  [[nodiscard]] std::ptrdiff_t group_weights() const noexcept {
    return static_cast<std::ptrdiff_t>(g_.inputs()) * g_.group_filters();
  }
  static std::size_t rows(int images, shape s) noexcept { return index(images) * index(s.pixels()); }

  /// Returns the channels of one group, gathered side by side. With a single group this is the map itself.
  const float* gathered(int images, shape s, const float* map, int group, kernels::aligned_floats& to) const;
  /// Returns the memory for the results of a group; scatter() copies them from there into the map. With a single group
  /// this is the map itself.
  float* room(int images, shape s, float* map, kernels::aligned_floats& to) const;
  void scatter(int images, shape s, int group, float* map) const;

  geometry g_;
  float_products one_;
  depthwise_products depthwise_;
  kernels::aligned_floats in_;
  kernels::aligned_floats out_;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/gemm/impl/grouped_products.ipp>
#endif
