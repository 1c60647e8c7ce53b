#pragma once

#include <concepts>

#include <minnow/core/role.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// An estimator defines how a gradient passes a quantizer. h is the quantized value, a the value before the clip, R the
/// quantizer's range:
///
///   name()             stable name
///   share(alpha)       fraction of h in the forward pass: share * h + (1 - share) * clip(a)
///   slope(role, alpha, a, inside)   factor of the gradient; inside is 1{a in R}. A template serves both floats and
///                      SIMD batches; a function of (role, float, float, bool) is applied lane by lane
///   step_scale(alpha)  factor of the weights' learning rate. It does not multiply the gradient, because an adaptive
///                      optimizer would cancel a constant factor of the gradient
///   noisy              if true, training uses h(a - z) with z uniform on [-1, 1]
///
/// The slopes are as in the papers, without the derivative of the clip. For inputs the library multiplies them by this
/// derivative, 1 inside R and 0 outside. Latent weights are not clipped in the forward pass.
template <class Estimator>
concept estimator = requires {
  { Estimator::name() } -> std::convertible_to<text>;
  { Estimator::share(0.5f) } -> std::convertible_to<float>;
  { Estimator::slope(role::inputs, 0.5f, 0.0f, true) } -> std::convertible_to<float>;
  { Estimator::step_scale(0.5f) } -> std::convertible_to<float>;
  { Estimator::noisy } -> std::convertible_to<bool>;
};

/// Base class of most estimators: no noise and an unscaled learning rate.
struct plain_estimator {
  static constexpr bool noisy = false;
  static constexpr float step_scale(float) noexcept { return 1; }
};

}  // namespace minnow
