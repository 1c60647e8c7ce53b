#pragma once

#include <minnow/schedule/window.hpp>

namespace minnow {

/// A constant alpha. The default is 1/2, at which `aqe` has the straight-through gradient.
///
/// source  Chen et al. 2020, Theorem 1
struct constant {
  float alpha = 0.5f;
  constexpr float operator()(const progress&) const noexcept { return alpha; }
};

}  // namespace minnow
