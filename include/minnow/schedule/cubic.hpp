#pragma once

#include <minnow/schedule/window.hpp>

namespace minnow {

/// A cubic transition: `from` until T0 = begin, then 1 - ((T1 - step) / (T1 - T0))^3 of the way to `to` until T1 = end,
/// then `to`.
///
/// source  Liu & Mattina 2019, Eq. 6
struct cubic {
  float from = 0;
  float to = 1;
  moment begin = fraction{0};
  moment end = fraction{1};
  constexpr float operator()(const progress& p) const noexcept {
    const double rest = 1 - detail::through(p, begin, end);
    return static_cast<float>(static_cast<double>(from) + static_cast<double>(to - from) * (1 - rest * rest * rest));
  }
};

}  // namespace minnow
