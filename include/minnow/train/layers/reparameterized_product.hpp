#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/grouped_products.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/quantize/methods/weight_distribution.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layers/trainable_product.hpp>

namespace minnow {

namespace detail {

/// True for an estimator that trains the probabilities of discrete weights (estimate/local_reparameterization.hpp).
template <class Estimator>
concept reparameterizes = requires { requires Estimator::reparameterizes; };

/// The part of a product of random weights that does not depend on their distribution. `weights_` holds the mean of
/// each weight, `gradient_` the gradient with respect to the means.
class reparameterized_base : public product_base {
protected:
  reparameterized_base(const geometry& g, input_kernel inputs);

  /// Draws the outputs: mean + deviation · z. z is normally distributed and depends on the pass's noise and on the index
  /// of the output in the batch of all ranks, not on the number of threads or ranks.
  void draw_outputs(const activations& in, activations& out, const pass& p);
  /// Computes the gradients with respect to the means and variances of the weights, and to the inputs.
  ///
  /// drawn   true if the last forward pass drew the outputs; false: it used the most probable weights
  void differentiate(const activations& in, const float* grad_out, float* grad_in, bool drawn);

  /// Added to the variance of each output, so that the deviation has a derivative.
  static constexpr float least_variance = 1e-3f;

  kernels::aligned_floats variances_;  ///< of the weights
  kernels::aligned_floats variance_gradient_;

private:
  /// Calls body(offset, x, count) for the values x of each vector of inputs.
  template <class Body>
  static void for_inputs(const activations& in, Body&& body);

  grouped_products variance_products_;
  kernels::aligned_floats squares_;             ///< x² of the inputs
  kernels::aligned_floats slopes_;              ///< derivative of each output with respect to its variance
  kernels::aligned_floats variance_gradients_;  ///< gradient with respect to the variance of each output
  kernels::aligned_floats square_gradients_;    ///< gradient with respect to x² of each input
};

/// Standard deviation of weights. Sums are in double precision and in the order of the weights.
[[nodiscard]] float deviation_of(std::span<const float> weights);

}  // namespace detail

/// The product of random weights, whose logits are trained. The forward pass of training draws the outputs; all other
/// passes multiply by the most probable weights, as the packed network does.
///
/// source  Shayer et al. 2018 (LR-Net); Kingma et al. 2015 (the local reparameterization trick)
template <has_weight_distribution Quantizer, detail::reparameterizes Estimator>
  requires quantizer<Quantizer>
class trainable_product<Quantizer, Estimator> : public detail::reparameterized_base {
  using distribution = weight_distribution<Quantizer>;
  static constexpr std::size_t count = distribution::names.size();

public:
  /// inputs  the kernel for the quantizer of the inputs
  trainable_product(const geometry& g, detail::input_kernel inputs) : reparameterized_base(g, inputs) {
    for (auto* arrays : {&logits_, &gradients_})
      for (kernels::aligned_floats& a : *arrays) a.resize(weights_.size());
  }

  /// The expected weights: (filters, kernel height, kernel width, channels of a group).
  [[nodiscard]] float_array<4> weights() const {
    float_array<4> means(weights_.shape());
    for (std::size_t k = 0; k < means.size(); ++k) means.data()[k] = distribution::moments(logits_of(k)).mean;
    return means;
  }
  /// Sets the probabilities from pretrained float weights, which are first divided by their standard deviation.
  ///
  /// throws  weights of another shape
  void set_weights(const float_array<4>& w) {
    product_base::set_weights(w);
    const auto initial = initial_logits({w.data(), w.size()});
    for (std::size_t i = 0; i < count; ++i) logits_[i].assign(initial[i].begin(), initial[i].end());
    moved();
  }
  /// The logits that `set_weights` sets, one array for each name of the distribution. Equal weights count as zeros.
  [[nodiscard]] static std::array<std::vector<float>, count> initial_logits(std::span<const float> weights) {
    std::array<std::vector<float>, count> result;
    for (std::vector<float>& a : result) a.resize(weights.size());
    const float deviation = detail::deviation_of(weights);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const auto t = distribution::of_weight(deviation == 0 ? 0 : weights[k] / deviation);
      for (std::size_t i = 0; i < count; ++i) result[i][k] = t[i];
    }
    return result;
  }

  void weights_replaced() override {
    quantized_once_ = false;
    moved();
  }

  /// Codes of the most probable weights, filter by filter, and their scale. `pack` uses them.
  struct quantized_weights {
    std::span<const float> codes;
    [[nodiscard]] static float scale(int) noexcept { return 1; }
  };
  quantized_weights quantize(std::string_view) {
    refresh();
    return {codes_};
  }

  void start(random r, initializer how) override {
    draw(r, how, Quantizer::uniform_init);
    set_weights(float_array<4>(weights_));
  }

  void forward(const activations& in, activations& out, const pass& p) override {
    drawn_ = p.training();
    if (drawn_) {
      compute_moments();
      return draw_outputs(in, out, p);
    }
    if (p.requantize || !quantized_once_) refresh();
    scales_[0] = 1;
    multiply(in, out, p, 1);
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass&) override {
    differentiate(in, grad_out, grad_in, drawn_);
    detail::for_pieces(weights_.size(), [&](std::size_t first, std::size_t length) {
      for (std::size_t k = first; k < first + length; ++k) {
        const auto g = distribution::gradient(logits_of(k), {gradient_.data()[k], variance_gradient_[k]});
        for (std::size_t i = 0; i < count; ++i) gradients_[i][k] = g[i];
      }
    });
  }

  void parameters(const parameter_visitor& visit) override {
    moved();
    for (std::size_t i = 0; i < count; ++i) {
      parameter p{distribution::names[i], logits_[i], gradients_[i], false, true};
      if constexpr (Estimator::regularization > 0) p.regularize = [this, i] { regularize(i); };
      visit(p);
    }
  }
  void arrays(const array_visitor& visit) override {
    for (std::size_t i = 0; i < count; ++i) visit(distribution::names[i], std::span<float>(logits_[i]));
    // The visitor may have written new logits from a file.
    moved();
  }

private:
  [[nodiscard]] auto logits_of(std::size_t k) const noexcept {
    typename distribution::logits t;
    for (std::size_t i = 0; i < count; ++i) t[i] = logits_[i][k];
    return t;
  }

  /// Adds the regularizer's gradient to the gradient of logit i of each weight.
  void regularize(std::size_t i) {
    detail::for_pieces(weights_.size(), [&](std::size_t first, std::size_t length) {
      for (std::size_t k = first; k < first + length; ++k)
        gradients_[i][k] += Estimator::regularization * distribution::regularizer_slope(logits_[i][k]);
    });
  }

  void compute_moments() {
    detail::for_pieces(weights_.size(), [&](std::size_t first, std::size_t length) {
      for (std::size_t k = first; k < first + length; ++k) {
        const weight_moments m = distribution::moments(logits_of(k));
        weights_.data()[k] = m.mean;
        variances_[k] = m.variance;
      }
    });
  }

  /// Recomputes the codes of the most probable weights if the logits have changed.
  void refresh() {
    if (coded_) return;
    detail::for_pieces(weights_.size(), [&](std::size_t first, std::size_t length) {
      for (std::size_t k = first; k < first + length; ++k) codes_[k] = distribution::most_probable(logits_of(k));
    });
    has_codes();
  }

  std::array<kernels::aligned_floats, count> logits_;
  std::array<kernels::aligned_floats, count> gradients_;
  bool drawn_ = false;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/reparameterized_product.ipp>
#endif
