#pragma once

#include <minnow/estimate/concept.hpp>

namespace minnow {

/// Asymptotic-quantized estimator (AQE): forward alpha h(a) + (1 - alpha) clip(a), slope 2 alpha 1{a in R}. `estimator`
/// defines the symbols. With alpha 1/2 its gradient is the straight-through gradient (Theorem 1). With alpha 0 nothing
/// is learned, and with alpha 1 the gradient doubles at every quantizer. For deep networks, or with SGD, use alpha 1/2,
/// a schedule that reaches 1 only at the end, or `aqe_expected`.
///
/// source  Chen et al. 2020, Eq. 6, 18 and 19
struct aqe : estimator_base {
  static constexpr text name() { return "aqe"; }
  static constexpr float quantized_fraction(float alpha) noexcept { return alpha; }

  template <class Value, class Mask>
  static constexpr Value slope(role, float alpha, Value, Mask inside) noexcept {
    using scalar::select;
    return select(inside, Value(2 * alpha), Value(0));
  }
};

/// Like `aqe`, but training uses h(a - z) for inputs and weights, with z uniform on [-1, 1]; z = 0 at evaluation. With
/// more than two levels the expectation of h(a - z) is not clip(a). Use `dithered<aqe>` there, whose noise is only as
/// wide as the mean distance between two levels.
///
/// source  Chen et al. 2020, Eq. 7
struct aqe_stochastic : aqe {
  static constexpr text name() { return "aqe_stochastic"; }
  static constexpr bool stochastic = true;
};

/// Like `aqe`, but the slope is the expectation of the gradient through Eq. 7: alpha 1{a in R} + 1 - alpha. For inputs
/// this is multiplied by the derivative of the clip and becomes 1{a in R}. The expectation is exact for `sign`. (Two
/// equations of the paper are corrected here: Eq. 12 gives dP(a > z)/da = 1 instead of 1/2, and Eq. 10 omits the
/// gradient through the term (1 - alpha) clip(a). See docs/papers.md.)
///
/// source  derived from Chen et al. 2020, Eq. 7
struct aqe_expected : estimator_base {
  static constexpr text name() { return "aqe_expected"; }
  static constexpr float quantized_fraction(float alpha) noexcept { return alpha; }

  template <class Value, class Mask>
  static constexpr Value slope(role, float alpha, Value, Mask inside) noexcept {
    using scalar::select;
    return select(inside, Value(1), Value(1 - alpha));
  }
};

}  // namespace minnow
