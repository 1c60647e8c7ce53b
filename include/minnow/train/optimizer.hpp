#pragma once

#include <cmath>
#include <concepts>

#include <minnow/core/error.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/train/rate.hpp>

namespace minnow {

/// Update rule for parameters:
///
///   rate, decay        learning rate, and the schedule whose factor multiplies it
///   moments            how many numbers are stored for each parameter
///   at(step)           values that are computed once and used by all updates of a step
///   update(w, g, m, step_rate, prepared)   returns the new value of a parameter w whose gradient is g, weight decay
///                                          included. m is an array of `moments` numbers, updated in place. step_rate
///                                          is the learning rate of the step, and prepared is the result of at(step).
///                                          A template for floats and SIMD batches
///
/// Optional members:
///
///   check()            returns a status that names a member out of range; called when a run begins
///   update_binary(w, g, m, step_rate)   like `update`, for binary weights (`parameter::binary`)
///   is_square(moment)  true if a moment is never negative; a checkpoint with a negative one is refused
///
/// The rate must be above 0 and the factor of the schedule at least 0, and both must be finite. A run refuses other
/// values.
template <class Optimizer>
concept optimizer = requires(const Optimizer o, float w, float* m, long long step) {
  { o.rate } -> std::convertible_to<float>;
  { o.decay } -> std::convertible_to<rate_schedule>;
  { Optimizer::moments } -> std::convertible_to<int>;
  { o.update(w, w, m, w, o.at(step)) } -> std::convertible_to<float>;
};

/// Stochastic gradient descent with momentum, as in PyTorch:
/// m <- momentum · m + g + weight_decay · w; w <- w - rate · m, where g is the gradient of parameter w.
struct sgd {
  float rate = 0.1f;       ///< above 0
  float momentum = 0;      ///< in [0, 1)
  float weight_decay = 0;  ///< at least 0
  rate_schedule decay = constant_rate{};

  static constexpr int moments = 1;
  struct prepared {};
  [[nodiscard]] static prepared at(long long) noexcept { return {}; }
  [[nodiscard]] status check() const noexcept;

  template <class Value>
  [[nodiscard]] Value update(Value w, Value g, Value* m, float step_rate, prepared) const noexcept {
    m[0] = Value(momentum) * m[0] + (g + Value(weight_decay) * w);
    return w - Value(step_rate) * m[0];
  }
};

/// Adam with decoupled weight decay: w <- w - rate · (m / (sqrt(v) + epsilon) + weight_decay · w), where m and v are
/// the bias-corrected moving averages of the gradient and of its square.
///
/// source  Kingma & Ba 2015; weight decay: Loshchilov & Hutter 2019
struct adam {
  float rate = 1e-3f;      ///< above 0
  float beta1 = 0.9f;      ///< in [0, 1)
  float beta2 = 0.999f;    ///< in [0, 1)
  float epsilon = 1e-8f;   ///< above 0
  float weight_decay = 0;  ///< at least 0
  rate_schedule decay = constant_rate{};

  static constexpr int moments = 2;
  /// Moment 1 is a mean of squares, and so is never negative.
  [[nodiscard]] static constexpr bool is_square(int moment) noexcept { return moment == 1; }
  struct prepared {
    float first;
    float second;
  };
  /// Factors for the bias correction of the moments.
  ///
  /// step  from 1
  [[nodiscard]] prepared at(long long step) const noexcept { return bias_correction(beta1, beta2, step); }
  [[nodiscard]] static prepared bias_correction(float beta1, float beta2, long long step) noexcept;

  [[nodiscard]] status check() const noexcept;

  template <class Value>
  [[nodiscard]] Value update(Value w, Value g, Value* m, float step_rate, prepared correct) const noexcept {
    return w - Value(step_rate) * (direction(g, m, beta1, beta2, epsilon, correct) + Value(weight_decay) * w);
  }
  /// Updates the moments and returns the update without rate and weight decay.
  template <class Value>
  [[nodiscard]] static Value direction(Value g, Value* m, float beta1, float beta2, float epsilon,
                                       prepared correct) noexcept {
    using std::sqrt;
    m[0] = Value(beta1) * m[0] + Value(1 - beta1) * g;
    m[1] = Value(beta2) * m[1] + Value(1 - beta2) * (g * g);
    return Value(correct.first) * m[0] / (Value(correct.second) * sqrt(m[1]) + Value(epsilon));
  }
};

/// Bop: binary weights have no latent floats but are flipped. A weight w is -1 or 1 (after the first step). m is the
/// moving average of its gradient: m <- (1 - gamma) · m + gamma · g; if w · m > threshold, w <- -w. `adam` updates all
/// other parameters. Factors of the rate, from `decay` and from the estimator of the weights, multiply gamma too.
///
/// Use the estimator `ste`: Bop's gradient is the gradient of the binary weight.
///
/// source  Helwegen et al. 2019, algorithm 1
struct bop {
  float threshold = 1e-8f;  ///< at least 0
  float gamma = 1e-4f;      ///< in (0, 1]
  float rate = 1e-3f;       ///< learning rate of the other parameters, above 0
  float beta1 = 0.9f;       ///< beta1, beta2 and epsilon as in `adam`
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
  rate_schedule decay = constant_rate{};

  static constexpr int moments = adam::moments;
  [[nodiscard]] static constexpr bool is_square(int moment) noexcept { return adam::is_square(moment); }
  [[nodiscard]] adam::prepared at(long long step) const noexcept { return adam::bias_correction(beta1, beta2, step); }
  [[nodiscard]] status check() const noexcept;

  template <class Value>
  [[nodiscard]] Value update(Value w, Value g, Value* m, float step_rate, adam::prepared correct) const noexcept {
    return w - Value(step_rate) * adam::direction(g, m, beta1, beta2, epsilon, correct);
  }
  template <class Value>
  [[nodiscard]] Value update_binary(Value w, Value g, Value* m, float step_rate) const noexcept {
    using scalar::select;
    const float part = gamma * (step_rate / rate);
    m[0] = Value(1 - part) * m[0] + Value(part) * g;
    const Value sign = select(w > Value(0), Value(1), Value(-1));
    return select(sign * m[0] > Value(threshold), -sign, sign);
  }
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/optimizer.ipp>
#endif
