#pragma once

#include <algorithm>
#include <cmath>

#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// DoReFa-Net's quantizer of weights. With 1 bit: mean|w| · sign(w), with one mean for the layer. With k bits:
/// 2 quantize_k(t) - 1 with t = tanh(w) / (2 max|tanh(w)|) + 1/2. The maximum is over the layer. quantize_k rounds to
/// the nearest of 2^k equidistant levels in [0, 1]; with 8 bits, to the nearest of 255 levels, because the paper's 256
/// levels would need codes up to 255.
///
/// code      -(2^k-1), …, -1, 1, …, 2^k-1, in steps of 2, so half of the integers are never used; stored in four bits
///           up to k = 3, else in a signed byte. With 8 bits: -127, …, 127 in a signed byte
/// gradient  of w: (1 - tanh(w)^2) / max|tanh(w)|, the derivative of 2 t - 1 with a constant maximum; rounding passes
///           it unchanged
/// source    Zhou et al. 2016 (DoReFa-Net), 2.3, Eq. 8 and 9
template <int Bits>
    struct dorefa_weights : signed_codes < Bits<4 ? 4 : 8> {
  static_assert(1 <= Bits && Bits <= 8, "minnow: dorefa_weights has 1 to 8 bits");
  struct state {
    float largest = 0;  ///< max|tanh(w)|
  };
  static constexpr text name() { return text("dorefa_weights<") << Bits << ">"; }
  static constexpr int max_code = Bits < 8 ? (1 << Bits) - 1 : 127;
  static constexpr int min_code = -max_code;
  static constexpr int levels = Bits < 8 ? 1 << Bits : 255;
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  /// Takes one number and no SIMD batch, because vectorized tanh differs between processors.
  static float code(float x, const state& s) noexcept {
    if (!(s.largest > 0)) return 1;
    const float t = (std::clamp)(std::tanh(x) / (2 * s.largest) + 0.5f, 0.0f, 1.0f);
    constexpr int step = 2 * max_code / (levels - 1);  // between two codes
    return step * std::nearbyint(t * (levels - 1)) - max_code;
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / max_code; }
  static float slope(role, float x, const state& s) noexcept {
    const float t = std::tanh(x);
    return s.largest > 0 ? (1 - t * t) / s.largest : 1.0f;
  }
  static void limit(state& s) noexcept { s.largest = (std::max)(s.largest, 0.0f); }
  /// Measures max|tanh(w)|; returns false if a weight is NaN or infinite.
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float largest = detail::largest_magnitude(values);
    if (std::isnan(largest)) return false;
    s.largest = std::tanh(largest);
    return true;
  }
};

template <>
struct dorefa_weights<1> : scaled_sign<per_tensor> {
  static constexpr text name() { return "dorefa_weights<1>"; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }
  template <class Value>
  static constexpr Value slope(role, Value, const state&) noexcept {
    return Value(1);  // the scale also passes the gradient unchanged (Eq. 8)
  }
};

/// DoReFa-Net's quantizer of inputs: quantize_k of max(0, min(1, x)).
///
/// code    an unsigned integer of Bits bits
/// source  Zhou et al. 2016, Eq. 5 and 11
template <int Bits>
struct dorefa_inputs : unsigned_codes<Bits> {
  using typename unsigned_codes<Bits>::state;
  static constexpr text name() { return text("dorefa_inputs<") << Bits << ">"; }
  static constexpr interval range(const state&) noexcept { return {0, 1}; }

  template <class Value>
  static Value code(Value x, const state&) noexcept {
    return detail::nearest_code<0, dorefa_inputs::max_code>(x * Value(dorefa_inputs::max_code));
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / dorefa_inputs::max_code; }
};

}  // namespace minnow
