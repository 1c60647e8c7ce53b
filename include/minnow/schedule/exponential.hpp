#pragma once

#include <cmath>
#include <limits>

#include <minnow/schedule/window.hpp>

namespace minnow {

/// An exponential transition: `from` until `begin`, then 1 - exp(-lambda (step - begin)) of the way to `to`, and `to`
/// from `end` on.
///
/// lambda  rate per step, at least 0
/// source  Liu & Mattina 2019, text after Eq. 6
struct exponential {
  float lambda = 0.01f;
  float from = 0;
  float to = 1;
  moment begin = fraction{0};
  moment end = fraction{1};
  float operator()(const progress& p) const noexcept {
    const double since = static_cast<double>(p.step) - begin.step(p);
    const double last = end.step(p);
    if (!(since == since && last == last)) return std::numeric_limits<float>::quiet_NaN();
    if (static_cast<double>(p.step) >= last) return to;
    if (since <= 0) return from;
    return static_cast<float>(static_cast<double>(from) +
                              static_cast<double>(to - from) * -std::expm1(-static_cast<double>(lambda) * since));
  }
};

}  // namespace minnow
