#pragma once

#include <minnow/schedule/window.hpp>

namespace minnow {

/// The same alpha throughout; 1/2 by default, where `aqe` has the straight-through gradient.
///
/// source  Chen et al. 2020, Theorem 1
struct constant {
  float alpha = 0.5f;
  constexpr float operator()(const progress&) const noexcept { return alpha; }
};

}  // namespace minnow
