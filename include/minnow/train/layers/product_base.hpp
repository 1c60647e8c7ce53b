#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/gemm/grouped_products.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/code_product.hpp>
#include <minnow/train/layers/table_weight_gradient.hpp>

namespace minnow::detail {

/// The part of a trainable product that does not depend on the quantizer and the estimator of its weights: the arrays,
/// and the products with them.
class product_base : public layer_base {
public:
  [[nodiscard]] const geometry& window() const noexcept { return geometry_; }

  /// Latent weights, the floats that training updates: (filters, kernel height, kernel width, channels of a group).
  [[nodiscard]] const float_array<4>& weights() const noexcept { return weights_; }
  void set_weights(const float_array<4>& w);
  [[nodiscard]] const float_array<4>& gradient() const noexcept { return gradient_; }

  [[nodiscard]] bool reads_codes() const noexcept override { return true; }

protected:
  /// inputs  the kernel for the quantizer of the inputs
  /// scales  number of scales of the weights: one for each filter, or 1
  product_base(const geometry& g, input_kernel inputs, std::size_t scales);

  /// Draws the initial weights at random.
  ///
  /// uniform_init  true: `initializer::by_quantizer` means `wide`; false: it means `glorot`
  void draw(random r, initializer how, bool uniform_init);
  /// Computes the products of the forward pass, with the weights' codes if `share` is 1.
  ///
  /// share  quantized fraction of the weights
  void multiply(const activations& in, activations& out, const pass& p, float share);
  /// Computes the gradient with respect to the weights. The caller multiplies this gradient by the scale of the inputs.
  void differentiate_weights(const activations& in, const float* grad_out);
  /// Computes the gradient with respect to the inputs. Uses the weights' values, not their codes.
  ///
  /// as_codes  true: computes the values from the codes; false: uses the values of the forward pass
  void differentiate_inputs(int images, const float* grad_out, float* grad_in, bool as_codes);

  void moved() noexcept;
  void has_codes() noexcept;
  static void scale_all(float scale, float* values, std::size_t size);

  geometry geometry_;
  float_array<4> weights_;
  float_array<4> gradient_;
  kernels::aligned_floats codes_;
  std::vector<float> scales_;  ///< scales of the weights; the derived class updates them before each pass
  float measured_ = 0;         ///< 1: the states match the current weights; a float, like all data in files
  bool coded_ = false;
  bool quantized_once_ = false;

private:
  /// Computes the weights of float products: share · quantized weights + (1 - share) · latent weights.
  void blend(float share);

  /// Returns input scale * weight scale for each filter.
  std::span<const float> scales_with(float in_scale);

  /// Computes sum * (input scale * weight scale). The two scales are multiplied first, as in the packed network.
  void scale_sums(float in_scale, activations& out);

  kernels::aligned_floats operand_;
  std::vector<float> filter_scales_;
  grouped_products floats_;
  code_product codes_by_codes_;
  table_weight_gradient weight_gradient_;
  bool takes_bits_;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/product_base.ipp>
#endif
