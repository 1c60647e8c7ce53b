#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::detail {

/// The composed function of the layers between a channel's sums and its codes, in double precision:
///
///   clip(slope · sum + other_slope · other + shift)
///
/// where clip(x) limits x to [low, high], and `other` is a code that an `add` layer adds.
struct channel_line {
  double slope = 0;
  double other_slope = 0;  ///< factor of the codes that an `add` layer adds
  double shift = 0;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  /// Appends y -> y · a.scale + a.shift to the function. Maps `low` and `high` in the same way, and swaps them if
  /// a.scale < 0.
  void then(affine a) noexcept {
    const auto scale = static_cast<double>(a.scale), t = static_cast<double>(a.shift);
    slope *= scale;
    other_slope *= scale;
    shift = shift * scale + t;
    // A constant needs no limits. With them, it would also limit what an `add` layer adds to it.
    constexpr double unlimited = std::numeric_limits<double>::infinity();
    low = scale == 0 ? -unlimited : low * scale + t;
    high = scale == 0 ? unlimited : high * scale + t;
    if (scale < 0) (std::swap)(low, high);
  }
  void clip(interval i) noexcept {
    low = (std::clamp)(low, static_cast<double>(i.low), static_cast<double>(i.high));
    high = (std::clamp)(high, static_cast<double>(i.low), static_cast<double>(i.high));
  }
};

}  // namespace minnow::detail
