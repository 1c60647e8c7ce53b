#pragma once

#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// No quantization: 32-bit floats stay unchanged and are not clipped.
///
/// source  Chen et al. 2020, Table I, "32"
struct real : quantizer_base {
  static constexpr text name() { return "real"; }
  static constexpr int bits = 32;
  static constexpr encoding storage = encoding::real;
  static constexpr int max_code = 0;
  static constexpr bool clips_weights = false;

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    return x;
  }
  static constexpr float scale(const state&) noexcept { return 1; }
  static constexpr interval range(const state&) noexcept { return {}; }
};

}  // namespace minnow
