#pragma once

#include <cmath>

#include <minnow/core/text.hpp>

namespace minnow {

/// Bengio's stochastic binary neuron and its unbiased gradient: h = 1 if z < sigm(a), else 0, with z uniform on [0, 1).
/// The expectation of (h - sigm(a)) · L is dE[L]/da. The gradient needs the loss L instead of an incoming gradient, so
/// this is not an `estimator` and a network cannot use it.
///
/// source  Bengio et al. 2013; Chen et al. 2020, Eq. 2-3. Eq. 2 prints h = 1 for z > sigm(a), which contradicts Eq. 3.
struct unbiased {
  static constexpr text name() { return "unbiased"; }

  [[nodiscard]] static double sigmoid(double a) noexcept { return 1 / (1 + std::exp(-a)); }
  [[nodiscard]] static double fire(double a, double z) noexcept { return z < sigmoid(a) ? 1 : 0; }
  [[nodiscard]] static double gradient(double a, double h, double loss) noexcept { return (h - sigmoid(a)) * loss; }
};

}  // namespace minnow
