#pragma once

#include <minnow/estimate/concept.hpp>

namespace minnow {

/// Alpha-blending: forward (1 - alpha) clip(a) + alpha h(a); only the real path carries a gradient. On inputs its factor
/// 1 - alpha is the slope. On weights it scales the step ("effective learning rate") instead, never as well.
///
/// source  Liu & Mattina 2019, Eq. 4-5 and Algorithm 1
struct alpha_blend {
  static constexpr text name() { return "alpha_blend"; }
  static constexpr bool noisy = false;
  static constexpr float share(float alpha) noexcept { return alpha; }
  static constexpr float step_scale(float alpha) noexcept { return 1 - alpha; }

  template <class Value, class Mask>
  static constexpr Value slope(role r, float alpha, Value, Mask) noexcept {
    return Value(r == role::weights ? 1.0f : 1 - alpha);
  }
};

}  // namespace minnow
