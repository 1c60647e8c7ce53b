#pragma once

#include <cmath>

namespace minnow::detail {

/// x · y, rounded even if something is added to it later. gcc contracts x * y and a later sum into one fma, across
/// statements and also in ISO mode, on processors that have the instruction. An fma with -0 returns the rounded product
/// unchanged, including its sign.
[[nodiscard]] inline float rounded_product(float x, float y) noexcept {
#ifdef __FP_FAST_FMAF
  return std::fma(x, y, -0.0f);
#else
  return x * y;
#endif
}

}  // namespace minnow::detail
