#pragma once

#include <minnow/schedule/window.hpp>

namespace minnow {

/// A straight line from `from` at `begin` to `to` at `end`; constant before and after.
struct linear {
  float from = 0;
  float to = 1;
  moment begin = fraction{0};
  moment end = fraction{1};
  constexpr float operator()(const progress& p) const noexcept {
    return static_cast<float>(static_cast<double>(from) +
                              static_cast<double>(to - from) * detail::through(p, begin, end));
  }
};

}  // namespace minnow
