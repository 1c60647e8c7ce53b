#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace minnow {

/// The function fma(x, scale, shift), with one rounding. All parts of the library (training, packing and inference) use
/// it for batch norm in evaluation mode. Always call this function and never write x * scale + shift: a compiler
/// contracts that expression to an fma in some places and not in others.
struct affine {
  float scale = 1;
  float shift = 0;

  [[nodiscard]] float operator()(float x) const noexcept { return std::fma(x, scale, shift); }

  /// Batch norm with running statistics: scale = gamma / sqrt(variance + eps), shift = beta - mean · scale.
  [[nodiscard]] static affine normalizing(float gamma, float beta, float mean, float variance, float epsilon) noexcept {
    const float scale = gamma / std::sqrt(variance + epsilon);
    return {scale, std::fma(-mean, scale, beta)};
  }
};

namespace detail {

/// The value of an input number 1 of a type, before the normalization: bytes and 16-bit numbers span [0, 1] or [-1, 1).
template <class Number>
inline constexpr float input_unit = 1;
template <>
inline constexpr float input_unit<std::uint8_t> = 1.0f / 255.0f;
template <>
inline constexpr float input_unit<std::int8_t> = 1.0f / 128.0f;
template <>
inline constexpr float input_unit<std::int16_t> = 1.0f / 32768.0f;

/// A type of input numbers for models that do not begin with pixels.
template <class Number>
concept input_number = std::is_same_v<Number, std::uint8_t> || std::is_same_v<Number, std::int8_t> ||
                       std::is_same_v<Number, std::int16_t> || std::is_same_v<Number, float>;

/// The normalization (x - mean) / stddev as one fma of an input number.
template <class Number>
[[nodiscard]] affine normalizing_input(float mean, float stddev) noexcept {
  return {input_unit<Number> / stddev, -mean / stddev};
}

/// Returns x · y, rounded to a float even if the caller adds something to it. On processors with an fma instruction,
/// gcc contracts x * y and a later sum into one fma, across statements and also in ISO mode. An fma that adds -0
/// returns the rounded product unchanged, including its sign.
[[nodiscard]] inline float rounded_product(float x, float y) noexcept {
#ifdef __FP_FAST_FMAF
  return std::fma(x, y, -0.0f);
#else
  return x * y;
#endif
}

}  // namespace detail

}  // namespace minnow
