#pragma once

#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// Binary quantizer: +1 if x > 0, else -1, so that 0 becomes -1.
///
/// shape   element-wise
/// range   any x; NaN becomes -1
/// code    -1, +1, in one bit
/// throws  never
/// source  Chen et al. 2020, Eq. 4
struct sign : binary_codes {
  static constexpr text name() { return "sign"; }

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    using scalar::select;
    return select(x > Value(0), Value(1), Value(-1));
  }
  static constexpr float scale(const state&) noexcept { return 1; }
};

/// Binary quantizer: +1 if x >= 0, else -1, so that 0 and -0 become +1. Larq, QONNX (BipolarQuant) and FINN define the
/// sign this way. It differs from `sign` only at 0, which sums of an even number of -1 and +1 often are.
///
/// shape   element-wise
/// range   any x; NaN becomes -1
/// code    -1, +1, in one bit
/// throws  never
/// source  Geiger et al. 2020 (Larq), ste_sign; QONNX, operator BipolarQuant
struct sign_nonnegative : binary_codes {
  static constexpr text name() { return "sign_nonnegative"; }

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    using scalar::select;
    return select(x >= Value(0), Value(1), Value(-1));
  }
  static constexpr float scale(const state&) noexcept { return 1; }
};

}  // namespace minnow
