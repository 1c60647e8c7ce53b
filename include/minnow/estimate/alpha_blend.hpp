#pragma once

#include <minnow/estimate/concept.hpp>

namespace minnow {

/// Alpha-blending: the forward pass is (1 - alpha) clip(a) + alpha h(a), and only the first term carries a gradient.
/// For inputs the factor 1 - alpha is the slope. For weights it multiplies the learning rate ("effective learning
/// rate") and not the slope, so that it is not applied twice. `estimator` defines the symbols.
///
/// source  Liu & Mattina 2019, Eq. 4-5 and Algorithm 1
struct alpha_blend {
  static constexpr text name() { return "alpha_blend"; }
  static constexpr bool stochastic = false;
  static constexpr float quantized_fraction(float alpha) noexcept { return alpha; }
  static constexpr float learning_rate_scale(float alpha) noexcept { return 1 - alpha; }

  template <class Value, class Mask>
  static constexpr Value slope(role r, float alpha, Value, Mask) noexcept {
    return Value(r == role::weights ? 1.0f : 1 - alpha);
  }
};

}  // namespace minnow
