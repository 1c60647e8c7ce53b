#pragma once

#include <minnow/estimate/concept.hpp>

namespace minnow {

/// Straight-through estimator: forward h(a), slope 1{a in R}. Ignores alpha. `estimator` defines the symbols.
///
/// source  Hinton 2012; Chen et al. 2020, Eq. 5
struct ste : estimator_base {
  static constexpr text name() { return "ste"; }
  static constexpr float quantized_fraction(float) noexcept { return 1; }

  template <class Value, class Mask>
  static constexpr Value slope(role, float, Value, Mask inside) noexcept {
    using scalar::select;
    return select(inside, Value(1), Value(0));
  }
};

}  // namespace minnow
