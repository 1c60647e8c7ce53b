#pragma once

#include <string_view>

#include <minnow/quantize/methods/scaled_sign.hpp>

namespace minnow {

/// Bi-Real's magnitude-aware quantizer of weights: mean|w| · sign(w), with the mean over each filter, or over all
/// weights with `per_tensor`. It differs from `scaled_sign` in its gradient, in which the mean is a constant.
///
/// code      -1, +1, in one bit; 0 becomes -1
/// gradient  of w: mean|w| times the estimator's slope 1{|w| <= 1}
/// source    Liu et al. 2018 (Bi-Real Net), section 3.3; the mean over each filter is from the authors' code. In the
///           paper, the mean scales weights in training only, because batch norm cancels it. Here the packed network
///           multiplies each filter's sum by the mean, or folds it into thresholds
template <class Granularity = per_channel>
struct magnitude_aware_sign : scaled_sign<Granularity> {
  using typename scaled_sign<Granularity>::state;
  static constexpr text name() {
    return text("magnitude_aware_sign") << (magnitude_aware_sign::per_channel ? std::string_view("<per_channel>")
                                                                              : std::string_view(""));
  }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }
  template <class Value>
  static constexpr Value slope(role, Value, const state& s) noexcept {
    return Value(s.mean);
  }
};

}  // namespace minnow
