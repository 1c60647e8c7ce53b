#pragma once

#include <cmath>
#include <type_traits>

/// The few functions in which quantizers, estimators and epilogues are written once, for a number and for a SIMD batch:
/// a rule names them unqualified, finds these for float and double, and xsimd's own for a batch.
namespace minnow::scalar {

template <class V>
concept number = std::is_floating_point_v<V>;

template <number V>
[[nodiscard]] constexpr V select(bool condition, V yes, V no) noexcept {
  return condition ? yes : no;
}

template <number V>
[[nodiscard]] constexpr V abs(V x) noexcept {
  return x < 0 ? -x : x;
}

template <number V>
[[nodiscard]] constexpr V min(V a, V b) noexcept {
  return b < a ? b : a;
}

template <number V>
[[nodiscard]] constexpr V max(V a, V b) noexcept {
  return a < b ? b : a;
}

template <number V>
[[nodiscard]] inline V fma(V a, V b, V c) noexcept {
  return std::fma(a, b, c);
}

/// To the nearest integer, ties to even (the default rounding mode).
template <number V>
[[nodiscard]] inline V nearbyint(V x) noexcept {
  return std::nearbyint(x);
}

/// Into [low, high]; NaN stays NaN.
template <class V>
[[nodiscard]] constexpr V clamp(V x, V low, V high) noexcept {
  return select(x < low, low, select(x > high, high, x));
}

}  // namespace minnow::scalar
