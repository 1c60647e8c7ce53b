#pragma once

#include <minnow/estimate/concept.hpp>

/// Estimators with noise: training uses h(a - z) in place of h(a), for inputs and weights. At evaluation, and in the
/// packed network, z is 0.
namespace minnow {

/// Adds noise to an estimator: z is uniform on [-1, 1]. With `sign`, h(a - z) is 1 with the probability (1 + clip(a)) /
/// 2, so its expectation is clip(a). With more levels the expectation differs: with `ternary` and a = 0.6 it is 0.55.
/// Use `dithered` there.
///
/// source  with `ste` and `sign`: the stochastic binarization of BinaryConnect (Courbariaux et al. 2015) and BNN
///         (Hubara et al. 2016)
template <class Estimator>
struct with_noise : Estimator {
  static constexpr text name() { return text("with_noise<") << Estimator::name() << ">"; }
  static constexpr bool stochastic = true;
};

/// Adds noise to an estimator: z is uniform on an interval as wide as the mean distance between two levels of the
/// quantizer, centered at 0. If the levels are equidistant, the expectation of h(a - z) is clip(a) (stochastic
/// rounding). With `sign`, this is the noise of `with_noise`.
///
/// source  Gupta et al. 2015 (stochastic rounding)
template <class Estimator>
struct dithered : Estimator {
  static constexpr text name() { return text("dithered<") << Estimator::name() << ">"; }
  static constexpr bool stochastic = true;
  static constexpr bool dithers = true;
};

}  // namespace minnow
