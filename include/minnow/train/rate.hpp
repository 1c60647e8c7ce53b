#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/schedule/window.hpp>

namespace minnow {

namespace detail {

/// Refuses a schedule's number that would make a rate negative or infinite. It does so at the first step, not at the
/// step where the rate becomes invalid.
inline void check_rate_number(const char* schedule, const char* name, float number) {
  if (!(number >= 0 && std::isfinite(number)))
    require(status::failure("%s: expected a finite %s of at least 0, found %g", schedule, name,
                            static_cast<double>(number)));
}

}  // namespace detail

/// Factor on an optimizer's rate at a step: any function of the run's progress with results that are finite and at
/// least 0.
using rate_schedule = std::function<float(const progress&)>;

/// Leaves the rate unchanged.
struct constant_rate {
  float operator()(const progress&) const noexcept { return 1; }
};

/// factor^epoch with a fractional epoch: the rate changes a little at every step.
struct exponential_rate {
  float factor = 0.95f;  ///< per epoch; at least 0
  float operator()(const progress& p) const {
    detail::check_rate_number("exponential_rate", "factor", factor);
    return std::pow(factor, static_cast<float>(p.step) / static_cast<float>(p.steps_per_epoch));
  }
};

/// Multiplies the rate by `factor` for each moment that has passed: {.at = {steps{32000}, steps{38000}}}.
struct step_rate {
  std::vector<moment> at{fraction{0.5f}, fraction{0.75f}};
  float factor = 0.1f;  ///< at least 0
  float operator()(const progress& p) const {
    detail::check_rate_number("step_rate", "factor", factor);
    float result = 1;
    // If a moment is NaN, the rate becomes NaN too, so that the run refuses it.
    for (const moment& m : at)
      if (const double when = m.step(p); !(static_cast<double>(p.step) < when))
        result *= when == when ? factor : std::numeric_limits<float>::quiet_NaN();
    return result;
  }
};

/// Half a cosine from 1 to `to` over the run.
struct cosine_rate {
  float to = 0;  ///< at least 0
  float operator()(const progress& p) const {
    detail::check_rate_number("cosine_rate", "to", to);
    const double part = static_cast<double>(p.step) / static_cast<double>(std::max(p.steps, 1LL));
    return static_cast<float>(static_cast<double>(to) +
                              static_cast<double>(1 - to) * 0.5 * (1 + std::cos(std::numbers::pi * part)));
  }
};

}  // namespace minnow
