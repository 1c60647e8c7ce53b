#pragma once

#include <minnow/core/half.hpp>
#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// 16-bit floats: rounds to nearest even and saturates at ±65504. Operands are half floats, sums are 32-bit floats.
/// Does not clip.
///
/// source  Chen et al. 2020, Table I, "16"
struct half : quantizer_base {
  static constexpr text name() { return "half"; }
  static constexpr int bits = 16;
  static constexpr encoding storage = encoding::half;
  static constexpr int max_code = 0;
  static constexpr bool clips_weights = false;

  static float code(float x, const state&) noexcept { return round_to_half(x); }
  static constexpr float scale(const state&) noexcept { return 1; }
  static constexpr interval range(const state&) noexcept { return {}; }
};

}  // namespace minnow
