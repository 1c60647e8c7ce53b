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

/// Counts thresholds: offset + step · (number of thresholds of the channel that are at most x). `thresholds` (C,Count),
/// `step` and `offset` are given, not trained. With the thresholds of another library this layer takes the place of a
/// batch norm: the quantizer of the next product's inputs, for example `given_integer<0, Count>` with the scale `step`,
/// converts the result to codes. Packing folds the layer into the thresholds of a product, if this quantizer has at
/// most 16 codes.
///
/// in (H,W,C) -> out (H,W,C)
/// Count     1 to 255 thresholds for each channel, in any order and finite
/// NaN       is at least no threshold
/// gradient  passes unchanged, at every alpha
/// source    FINN, operator MultiThreshold (Umuroglu et al. 2017); `step` and `offset` are its out_scale and out_bias
template <int Count>
struct multi_threshold : same_shape {
  static_assert(1 <= Count && Count <= 255, "minnow: multi_threshold has 1 to 255 thresholds");
  static constexpr int count = Count;
  static constexpr text name() { return text("multi_threshold<") << Count << ">"; }

  /// The function of one channel. Training and packed networks both call it.
  [[nodiscard]] static float apply(const float* thresholds, float step, float offset, float x) noexcept {
    int reached = 0;
    for (int i = 0; i < Count; ++i) reached += x >= thresholds[i];
    return scalar::fma(step, static_cast<float>(reached), offset);
  }
};

}  // namespace minnow
