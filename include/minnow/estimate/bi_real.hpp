#pragma once

#include <minnow/estimate/concept.hpp>

namespace minnow {

/// Bi-Real's estimator: forward h(a). For inputs the slope is 2 - 2|a| inside [-1, 1], the derivative of a second-order
/// polynomial that approximates the sign. For weights it is the straight-through slope. Ignores alpha. `estimator`
/// defines the symbols.
///
/// source  Liu et al. 2018 (Bi-Real Net), Eq. 5 and 6
struct bi_real : estimator_base {
  static constexpr text name() { return "bi_real"; }
  static constexpr float quantized_fraction(float) noexcept { return 1; }

  template <class Value, class Mask>
  static constexpr Value slope(role r, float, Value a, Mask inside) noexcept {
    using scalar::abs;
    using scalar::select;
    return select(inside, r == role::weights ? Value(1) : Value(2) - Value(2) * abs(a), Value(0));
  }
};

}  // namespace minnow
