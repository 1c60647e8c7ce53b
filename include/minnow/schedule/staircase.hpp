#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include <minnow/schedule/window.hpp>

namespace minnow {

/// Constant values one after the other: the window from `begin` to `end` is divided into equal parts, and alpha is
/// values[i] in part i. Alpha is 0 before the window, and the last value after it. The default values are the fractions
/// of frozen weights of INQ (`incremental`).
///
/// values  at least one; an empty list gives NaN, which `fit` refuses
/// source  Zhou et al. 2017 (INQ), which uses other fractions for some of its networks
struct staircase {
  std::vector<float> values{0.5f, 0.75f, 0.875f, 1.0f};
  moment begin = fraction{0};
  moment end = fraction{1};

  float operator()(const progress& p) const noexcept {
    const double from = begin.step(p), to = end.step(p), now = static_cast<double>(p.step);
    if (values.empty() || !(from == from && to == to)) return std::numeric_limits<float>::quiet_NaN();
    if (now >= to) return values.back();
    if (now < from) return 0;
    // The product is exact, so a step at the beginning of a part is in this part.
    const double part = static_cast<double>(values.size()) * (now - from) / (to - from);
    return values[(std::min)(static_cast<std::size_t>(part), values.size() - 1)];
  }
};

}  // namespace minnow
