#pragma once

#include <algorithm>
#include <cmath>

#include <minnow/quantize/scaled_sign.hpp>

namespace minnow {

/// DoReFa-Net's quantizer of weights. With 1 bit: mean|w| · sign(w), with one mean for the layer. With k bits:
/// 2 quantize_k(t) - 1 with t = tanh(w) / (2 max|tanh(w)|) + 1/2. The maximum is over the layer. quantize_k rounds to
/// the nearest of 2^k levels in [0, 1].
///
/// code      -(2^k-1), …, -1, 1, …, 2^k-1, in steps of 2; stored in four bits up to k = 3, else in a signed byte
/// gradient  of w: (1 - tanh(w)^2) / max|tanh(w)|, the derivative of 2 t - 1 with a constant maximum; rounding passes
///           it unchanged
/// source    Zhou et al. 2016 (DoReFa-Net), 2.3, Eq. 8 and 9
template <int Bits>
struct dorefa_weights : stateless {
  static_assert(1 <= Bits && Bits <= 7, "minnow: dorefa_weights has 1 to 7 bits");
  struct state {
    float largest = 0;  ///< max|tanh(w)|
  };
  static constexpr text name() { return text("dorefa_weights<") << Bits << ">"; }
  static constexpr int bits =
      Bits < 4 ? 4 : 8;  ///< bits of a stored code; codes are odd, so half of the integers are never used
  static constexpr int code_limit = (1 << Bits) - 1;
  static constexpr encoding storage = code_limit <= 7 ? encoding::nibble : encoding::byte;
  static constexpr bool bounded = false;
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool usable(role r) noexcept { return r == role::weights; }

  /// Takes one number and no SIMD batch, because vectorized tanh differs between processors.
  static float code(float x, const state& s) noexcept {
    if (!(s.largest > 0)) return 1;
    const float t = (std::clamp)(std::tanh(x) / (2 * s.largest) + 0.5f, 0.0f, 1.0f);
    return 2 * std::nearbyint(t * code_limit) - code_limit;
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / code_limit; }
  static float slope(role, float x, const state& s) noexcept {
    const float t = std::tanh(x);
    return s.largest > 0 ? (1 - t * t) / s.largest : 1.0f;
  }
  static void limit(state& s) noexcept { s.largest = (std::max)(s.largest, 0.0f); }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float largest = detail::largest_magnitude(values, {-1, 1});
    if (std::isnan(largest)) return false;
    s.largest = std::tanh(largest);
    return true;
  }
};

template <>
struct dorefa_weights<1> : scaled_sign<per_tensor> {
  static constexpr text name() { return "dorefa_weights<1>"; }
  static constexpr bool usable(role r) noexcept { return r == role::weights; }
  template <class Value>
  static constexpr Value slope(role, Value, const state&) noexcept {
    return Value(1);  // the scale also passes the gradient unchanged: Eq. 8
  }
};

/// DoReFa-Net's quantizer of inputs: quantize_k of max(0, min(1, x)).
///
/// code    an unsigned integer of Bits bits
/// source  Zhou et al. 2016, Eq. 5 and 11
template <int Bits>
struct dorefa_inputs : stateless {
  static_assert(1 <= Bits && Bits <= 8, "minnow: dorefa_inputs has 1 to 8 bits");
  static constexpr text name() { return text("dorefa_inputs<") << Bits << ">"; }
  static constexpr int bits = Bits;
  static constexpr int code_limit = (1 << Bits) - 1;
  static constexpr encoding storage = Bits <= 4 ? encoding::unsigned_nibble : encoding::unsigned_byte;
  static constexpr bool bounded = false;
  static constexpr interval range(const state&) noexcept { return {0, 1}; }
  static constexpr bool usable(role r) noexcept { return r == role::inputs; }

  template <class Value>
  static Value code(Value x, const state&) noexcept {
    return detail::nearest_code<0, code_limit>(x * Value(code_limit));
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / code_limit; }
};

}  // namespace minnow
