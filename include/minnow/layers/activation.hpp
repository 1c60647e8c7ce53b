#pragma once

#include <minnow/core/scalar.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// max(0, x). The slope at 0 is 0. NaN stays NaN.
///
/// in (H,W,C) -> out (H,W,C)
struct relu : same_shape {
  static constexpr text name() { return "relu"; }
  static constexpr bool increasing = true;
  static constexpr interval clip{.low = 0};

  template <class Value>
  static constexpr Value apply(Value x) noexcept {
    using scalar::select;
    return select(x < Value(0), Value(0), x);
  }
  template <class Value>
  static constexpr Value slope(Value x) noexcept {
    using scalar::select;
    return select(x > Value(0), Value(1), Value(0));
  }
};

/// min(max(0, x), 6). The slope at 0 and at 6 is 0. NaN stays NaN.
///
/// in (H,W,C) -> out (H,W,C)
/// source  Howard et al. 2017
struct relu6 : same_shape {
  static constexpr text name() { return "relu6"; }
  static constexpr bool increasing = true;
  static constexpr interval clip{0, 6};

  template <class Value>
  static constexpr Value apply(Value x) noexcept {
    return (scalar::clamp)(x, Value(0), Value(6));
  }
  template <class Value>
  static constexpr Value slope(Value x) noexcept {
    using scalar::select;
    return select((x > Value(0)) & (x < Value(6)), Value(1), Value(0));
  }
};

/// max(-1, min(1, x)). The slope is 1 on [-1, 1].
///
/// in (H,W,C) -> out (H,W,C)
struct hard_tanh : same_shape {
  static constexpr text name() { return "hard_tanh"; }
  static constexpr bool increasing = true;
  static constexpr interval clip{-1, 1};

  template <class Value>
  static constexpr Value apply(Value x) noexcept {
    return (scalar::clamp)(x, Value(-1), Value(1));
  }
  template <class Value>
  static constexpr Value slope(Value x) noexcept {
    using scalar::abs;
    using scalar::select;
    return select(abs<>(x) <= Value(1), Value(1), Value(0));
  }
};

}  // namespace minnow
