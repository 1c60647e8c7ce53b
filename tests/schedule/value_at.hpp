#pragma once

#include <minnow/schedule/window.hpp>

namespace minnow::test {

/// Returns the value of a schedule at one step of a run.
template <schedule Schedule>
float value_at(const Schedule& s, long long step, long long steps = 1000) {
  return s(progress{.step = step, .steps = steps});
}

/// A bound on the error of one rounding to float, for numbers up to 1, and a few roundings to double.
inline constexpr double rounding = 0x1p-25 + 0x1p-50;

}  // namespace minnow::test
