#pragma once

#include <minnow/quantize/concept.hpp>

namespace minnow {

/// No quantization: 32-bit floats stay unchanged and are not clipped.
///
/// source  Chen et al. 2020, Table I, "32"
struct real : stateless {
  static constexpr text name() { return "real"; }
  static constexpr int bits = 32;
  static constexpr encoding storage = encoding::real;
  static constexpr int code_limit = 0;
  static constexpr bool bounded = false;

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    return x;
  }
  static constexpr float scale(const state&) noexcept { return 1; }
  static constexpr interval range(const state&) noexcept { return {}; }
};

}  // namespace minnow
