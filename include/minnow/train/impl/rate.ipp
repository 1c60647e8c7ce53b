#pragma once

#include <minnow/train/rate.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>

namespace minnow {

namespace detail {

/// Refuses a parameter of a rate schedule that would make a rate negative or infinite. It does so at the first step,
/// not at the step where the rate becomes invalid.
MINNOW_INLINE void check_rate_number(const char* schedule, const char* name, float number) {
  if (!(number >= 0 && std::isfinite(number)))
    require(status::failure("%s: expected a finite %s of at least 0, found %g", schedule, name,
                            static_cast<double>(number)));
}

}  // namespace detail

MINNOW_INLINE float exponential_rate::operator()(const progress& p) const {
  detail::check_rate_number("exponential_rate", "factor", factor);
  return std::pow(factor, static_cast<float>(p.step) / static_cast<float>(p.steps_per_epoch));
}

MINNOW_INLINE float step_rate::operator()(const progress& p) const {
  detail::check_rate_number("step_rate", "factor", factor);
  float result = 1;
  // If a moment is NaN, the rate becomes NaN too, so that the run refuses it.
  for (const moment& m : at)
    if (const double when = m.step(p); !(static_cast<double>(p.step) < when))
      result *= when == when ? factor : std::numeric_limits<float>::quiet_NaN();
  return result;
}

MINNOW_INLINE float cosine_rate::operator()(const progress& p) const {
  detail::check_rate_number("cosine_rate", "to", to);
  const double part = static_cast<double>(p.step) / static_cast<double>(std::max(p.steps, 1LL));
  return static_cast<float>(static_cast<double>(to) +
                            static_cast<double>(1 - to) * 0.5 * (1 + std::cos(std::numbers::pi * part)));
}

MINNOW_INLINE float warm_up::operator()(const progress& p) const {
  detail::check_rate_number("warm_up", "from", from);
  if (!then) require(status::failure("warm_up: expected a schedule as `then`, found none"));
  const double risen = detail::through(p, steps{0}, over);
  return static_cast<float>(static_cast<double>(from) + static_cast<double>(1 - from) * risen) * then(p);
}

}  // namespace minnow
