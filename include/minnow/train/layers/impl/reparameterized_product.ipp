#pragma once

#include <minnow/train/layers/reparameterized_product.hpp>

#include <cmath>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/random.hpp>
#include <minnow/train/layers/noise.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

MINNOW_INLINE reparameterized_base::reparameterized_base(const geometry& g, input_kernel inputs)
    : product_base(g, inputs, 1),
      variances_(weights_.size()),
      variance_gradient_(weights_.size()),
      variance_products_(g) {}

template <class Body>
void reparameterized_base::for_inputs(const activations& in, Body&& body) {
  for_all(in.size(), [&](std::size_t i, auto count) { body(i, load(in.data + i, count) * vector(in.scale), count); });
}

MINNOW_INLINE void reparameterized_base::draw_outputs(const activations& in, activations& out, const pass& p) {
  multiply(in, out, p, 0);
  if (squares_.size() < in.size()) squares_.resize(in.size());
  if (slopes_.size() < out.size()) slopes_.resize(out.size());
  for_inputs(in, [&](std::size_t i, const vector& x, auto count) { store(squares_.data() + i, x * x, count); });
  // Minimal filtering could make a small sum of positive terms negative, so the terms are added in order.
  variance_products_.forward(in.images, squares_.data(), variances_.data(), slopes_.data(), true);
  const std::size_t before = index(p.first_image) * index(out.dimensions.size());
  for_all(out.size(), [&](std::size_t i, auto count) {
    using std::sqrt;
    const vector deviation = sqrt(load(slopes_.data() + i, count) + vector(least_variance));
    const vector z = normal_at(p.noise, before + i);
    store(out.data + i, fused(deviation, z, load(out.data + i, count)), count);
    store(slopes_.data() + i, z / (deviation + deviation), count);
  });
}

MINNOW_INLINE void reparameterized_base::differentiate(const activations& in, const float* grad_out, float* grad_in,
                                                       bool drawn) {
  differentiate_weights(in, grad_out);
  scale_all(in.scale, gradient_.data(), gradient_.size());
  if (grad_in != nullptr) differentiate_inputs(in.images, grad_out, grad_in, !drawn);
  if (!drawn) {
    variance_gradient_.assign(variance_gradient_.size(), 0.0f);
    return;
  }
  const std::size_t outputs = index(in.images) * index(geometry_.out.size());
  if (variance_gradients_.size() < outputs) variance_gradients_.resize(outputs);
  for_all(outputs, [&](std::size_t i, auto count) {
    store(variance_gradients_.data() + i, load(slopes_.data() + i, count) * load(grad_out + i, count), count);
  });
  variance_products_.backward_weights(in.images, squares_.data(), variance_gradients_.data(),
                                      variance_gradient_.data());
  if (grad_in == nullptr) return;
  if (square_gradients_.size() < in.size()) square_gradients_.resize(in.size());
  variance_products_.backward_inputs(in.images, variance_gradients_.data(), variances_.data(),
                                     square_gradients_.data());
  for_inputs(in, [&](std::size_t i, const vector& x, auto count) {
    const vector g = load(square_gradients_.data() + i, count);
    store(grad_in + i, fused(x + x, g, load(grad_in + i, count)), count);
  });
}

MINNOW_INLINE float deviation_of(std::span<const float> weights) {
  double sum = 0, squares = 0;
  for (const float w : weights) sum += static_cast<double>(w);
  const double mean = sum / static_cast<double>(weights.size());
  for (const float w : weights) squares += (static_cast<double>(w) - mean) * (static_cast<double>(w) - mean);
  return static_cast<float>(std::sqrt(squares / static_cast<double>(weights.size())));
}

}  // namespace minnow::detail
