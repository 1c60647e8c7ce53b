#pragma once

#include <cmath>

#include <minnow/quantize/quantizer_base.hpp>

namespace minnow::test {

/// A quantizer with the levels -3, -1, +1 and +3, divided by 3. Its `code` takes single floats, not SIMD vectors.
struct four_levels : quantizer_base {
  static constexpr text name() { return "four_levels"; }
  static constexpr int bits = 2;
  static constexpr int max_code = 3;
  static float code(float x, const state&) { return 2 * std::floor(std::fmin(std::fmax(1.5f * x, -2.0f), 1.0f)) + 1; }
  static constexpr float scale(const state&) { return 1.0f / 3.0f; }
};

}  // namespace minnow::test
