#pragma once

#include <cmath>

namespace minnow::detail {

/// x · y, rounded, whatever is added to it later: gcc contracts x * y and a sum behind it into one fma, across statements and
/// in ISO mode too, on processors that have the instruction. An fma with -0 leaves every product as it is, its sign too.
[[nodiscard]] inline float rounded_product(float x, float y) noexcept {
#ifdef __FP_FAST_FMAF
  return std::fma(x, y, -0.0f);
#else
  return x * y;
#endif
}

}  // namespace minnow::detail
