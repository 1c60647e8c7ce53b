#pragma once

#include <cmath>
#include <type_traits>

/// Functions for code that is written once for single numbers and for SIMD batches: quantizers, estimators and
/// epilogues (the operations on a product's sums). Call them unqualified: float and double then use the functions
/// below, and a batch uses xsimd's functions.
namespace minnow::scalar {

template <class Value>
concept number = std::is_floating_point_v<Value>;

template <number Value>
[[nodiscard]] constexpr Value select(bool condition, Value yes, Value no) noexcept {
  return condition ? yes : no;
}

template <number Value>
[[nodiscard]] constexpr Value(abs)(Value x) noexcept {
  return x < 0 ? -x : x;
}

template <number Value>
[[nodiscard]] constexpr Value(min)(Value a, Value b) noexcept {
  return b < a ? b : a;
}

template <number Value>
[[nodiscard]] constexpr Value(max)(Value a, Value b) noexcept {
  return a < b ? b : a;
}

template <number Value>
[[nodiscard]] inline Value fma(Value a, Value b, Value c) noexcept {
  return std::fma(a, b, c);
}

/// Rounds to the nearest integer, ties to even (the default rounding mode).
template <number Value>
[[nodiscard]] inline Value nearbyint(Value x) noexcept {
  return std::nearbyint(x);
}

/// Returns the largest integer that is not above x.
template <number Value>
[[nodiscard]] inline Value floor(Value x) noexcept {
  return std::floor(x);
}

/// Limits x to [low, high]; NaN stays NaN.
template <class Value>
[[nodiscard]] constexpr Value(clamp)(Value x, Value low, Value high) noexcept {
  return select(x < low, low, select(x > high, high, x));
}

}  // namespace minnow::scalar
