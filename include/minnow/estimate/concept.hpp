#pragma once

#include <concepts>

#include <minnow/core/role.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// An estimator defines how a gradient passes through a quantizer. a is the value before the clip, h or h(a) the
/// quantized value, R the quantizer's range and 1{a in R} the indicator: 1 if a is in R, else 0. Its members:
///
///   name()                       stable name
///   quantized_fraction(alpha)    fraction f of h in the forward pass: f * h + (1 - f) * clip(a)
///   slope(role, alpha, a, inside)   factor of the gradient; inside is 1{a in R}. A template serves both floats and
///                                SIMD batches; a function of (role, float, float, bool) is applied lane by lane
///   learning_rate_scale(alpha)   factor of the weights' learning rate. It does not multiply the gradient, because an
///                                adaptive optimizer would cancel a constant factor of the gradient
///   stochastic                   if true, training uses h(a - z) for inputs and weights, with z uniform on [-1, 1]
///
/// Optional members:
///
///   dithers                      if true, the interval of z is as wide as the mean distance between two levels
///                                (`dithered`)
///   round_gradient(g, largest, u)   quantizes a gradient g that arrives at a product with quantized weights, before both
///                                products of the backward pass. largest > 0 is the largest |g| of the image, and u is
///                                uniform on [0, 1). Like `slope`, a template or a function of floats
///                                (`quantized_gradients`)
///   frozen_fraction(alpha)       fraction of each layer's weights that are frozen at their quantized values. It takes
///                                effect before a training step, and the largest weights are frozen first
///                                (`incremental`)
///   penalty_slope(w, h, g)       derivative, with respect to a latent weight w, of a penalty that is added to the loss.
///                                h is the quantized value of w and g the gradient of the loss; both are constant. Like
///                                `slope`, a template or a function of floats (`loss_error_aware`)
///   reparameterizes              if true, weights are random variables (`local_reparameterization`)
///
/// The slopes are as in the papers (docs/papers.md), without the derivative of the clip. For inputs the library
/// multiplies them by this derivative, 1 inside R and 0 outside. Latent weights (the float weights that training
/// updates) are not clipped in the forward pass.
template <class Estimator>
concept estimator = requires {
  { Estimator::name() } -> std::convertible_to<text>;
  { Estimator::quantized_fraction(0.5f) } -> std::convertible_to<float>;
  { Estimator::slope(role::inputs, 0.5f, 0.0f, true) } -> std::convertible_to<float>;
  { Estimator::learning_rate_scale(0.5f) } -> std::convertible_to<float>;
  { Estimator::stochastic } -> std::convertible_to<bool>;
};

namespace detail {
template <class Estimator>
concept estimator_of_0_1 = requires { Estimator::share(0.5f); };
}  // namespace detail

/// Base class of most estimators: no noise and an unscaled learning rate.
struct estimator_base {
  static constexpr bool stochastic = false;
  static constexpr float learning_rate_scale(float) noexcept { return 1; }
};

/// Old name of `estimator_base`.
using plain_estimator [[deprecated("minnow: renamed to estimator_base")]] = estimator_base;

}  // namespace minnow
