#pragma once

#include <concepts>

#include <minnow/core/role.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// How a gradient gets past a quantizer. With h the quantized value, a the value before the clip, R the quantizer's range:
///
///   name()                          stable name
///   share(alpha)                    the part of h in the forward pass: share * h + (1 - share) * clip(a)
///   slope(role, alpha, a, inside)   what multiplies the gradient; inside is 1{a in R}. A template serves floats and SIMD
///                                   batches alike; a function of (role, float, float, bool) is applied lane by lane
///   step_scale(alpha)               what multiplies the learning rate of the weights; not the gradient, because an
///                                   adaptive optimizer divides a constant factor on the gradient out again
///   noisy                           h(a - z) with z uniform on [-1, 1] while training
///
/// The slopes are the papers' own, without the clip; on inputs the library multiplies them by the clip's derivative, 1
/// inside R and 0 outside. Latent weights pass no clip.
template <class Estimator>
concept estimator = requires {
  { Estimator::name() } -> std::convertible_to<text>;
  { Estimator::share(0.5f) } -> std::convertible_to<float>;
  { Estimator::slope(role::inputs, 0.5f, 0.0f, true) } -> std::convertible_to<float>;
  { Estimator::step_scale(0.5f) } -> std::convertible_to<float>;
  { Estimator::noisy } -> std::convertible_to<bool>;
};

/// What most estimators have in common: no noise and a full step.
struct plain_estimator {
  static constexpr bool noisy = false;
  static constexpr float step_scale(float) noexcept { return 1; }
};

}  // namespace minnow
