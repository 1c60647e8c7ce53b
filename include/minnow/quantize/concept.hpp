#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/role.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// A closed interval of real numbers, such as the range R of a quantizer.
struct interval {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

/// A quantizer maps a number x to h(x) = scale(state) * code(x, state). Codes are small integers, held in floats. For
/// `half` and `real` the code is the quantized value itself and the scale is 1.
///
///   name()          stable name; part of file fingerprints
///   bits            number of bits of one code
///   storage         how codes are stored in memory: an `encoding`
///   code_limit      the largest |code|; 0 if codes are not integers
///   state           measured or learned numbers (a running scale, a threshold): a trivially copyable struct of floats
///   per_channel     one state for each filter instead of one for the tensor (weights only)
///   bounded         latent weights are clipped to [-1, 1] after every update
///   wide_start      initial weights are uniform on (-1, 1), because fixed thresholds would round Glorot's smaller
///                   initial weights to 0
///   code(x, state)  the rule, for a float and, if it is a template, for a SIMD batch. For inputs, scale · code must
///                   not decrease as x increases; packing checks this
///   scale(state)    the value of code 1
///   range(state)    the interval in which the estimators' indicator is 1, and to which inputs are clipped
///   observe(state, values, role)   measures the values and updates the state; false if a value is NaN or infinite
///   usable(role)    false if the quantizer cannot be used for this role
///
/// Optional members:
///
///   slope(role, x, state)   factor of the estimator's slope: the derivative of the function that is applied to x
///                           before rounding, as far as the method propagates it
///   learn(x, state, g, gradients)   adds g · dh(x)/ds to the gradient of each float s of the state; the optimizer then
///                           updates the state. g is the gradient with respect to h(x). A template, like `code`
///   limit(state)            moves a state to the nearest one inside its bounds, and leaves a NaN as it is. It is
///                           called after every step of the optimizer, so a quantizer that learns its state must have
///                           it. Packing and loading refuse a state that it would change
///   observe(state, values, role, all)   measures the values of several processes together, with all.sum and
///                           all.largest (core/reduction.hpp); without it, the states of the processes are averaged
///   gradient_scale(values)  factor of the gradients from `learn`; `values` is the number of weights that share the
///                           state, or for inputs the number of values of one image
template <class Quantizer>
concept quantizer = requires(typename Quantizer::state s, std::span<const float> values) {
  { Quantizer::name() } -> std::convertible_to<text>;
  { Quantizer::bits } -> std::convertible_to<int>;
  { Quantizer::storage } -> std::convertible_to<encoding>;
  { Quantizer::code_limit } -> std::convertible_to<int>;
  { Quantizer::per_channel } -> std::convertible_to<bool>;
  { Quantizer::bounded } -> std::convertible_to<bool>;
  { Quantizer::wide_start } -> std::convertible_to<bool>;
  { Quantizer::code(0.0f, s) } -> std::convertible_to<float>;
  { Quantizer::scale(s) } -> std::convertible_to<float>;
  { Quantizer::range(s) } -> std::convertible_to<interval>;
  { Quantizer::observe(s, values, role::weights) } -> std::convertible_to<bool>;
  { Quantizer::usable(role::weights) } -> std::convertible_to<bool>;
  requires std::is_trivially_copyable_v<typename Quantizer::state>;
};

/// Number of floats in a quantizer's state. Files and checkpoints store these floats.
template <quantizer Quantizer>
inline constexpr int state_floats =
    std::is_empty_v<typename Quantizer::state> ? 0 : int(sizeof(typename Quantizer::state) / sizeof(float));

/// A quantizer whose state is trained with the weights.
template <class Quantizer>
concept learned_quantizer = quantizer<Quantizer> && requires(float x, typename Quantizer::state s, float g,
                                                             float (&gradients)[state_floats<Quantizer>]) {
  Quantizer::learn(x, s, g, gradients);
};

/// Whether a state can be packed: all its floats are finite and, if the quantizer has bounds, inside them. The state of
/// a quantizer that has not measured anything yet is sound.
template <quantizer Quantizer>
[[nodiscard]] bool is_sound(const typename Quantizer::state& state) {
  constexpr auto count = static_cast<std::size_t>(state_floats<Quantizer>);
  if constexpr (count > 0) {
    using floats = std::array<float, count>;
    const auto values = std::bit_cast<floats>(state);
    for (const float v : values)
      if (!((std::abs)(v) <= (std::numeric_limits<float>::max)())) return false;
    if constexpr (requires(typename Quantizer::state s) { Quantizer::limit(s); }) {
      typename Quantizer::state limited = state;
      Quantizer::limit(limited);
      return std::bit_cast<floats>(limited) == values || values == std::bit_cast<floats>(typename Quantizer::state{});
    }
  }
  return true;
}

/// Base class of most quantizers: no state, range [-1, 1], latent weights clipped to it, and codes stored in signed
/// bytes. A user's quantizer derives from it and adds name, bits, code_limit, code and scale.
struct stateless {
  struct state {};
  static constexpr encoding storage = encoding::byte;
  static constexpr bool per_channel = false;
  static constexpr bool bounded = true;
  static constexpr bool wide_start = false;
  static constexpr interval range(const state&) noexcept { return {-1, 1}; }
  static constexpr bool observe(state&, std::span<const float>, role) noexcept { return true; }
  static constexpr bool usable(role) noexcept { return true; }
};

/// h(x), the quantized value.
template <quantizer Quantizer, class Value>
[[nodiscard]] Value quantized(Value x, const typename Quantizer::state& state) {
  return Quantizer::code(x, state) * Value(Quantizer::scale(state));
}

namespace detail {

/// A state whose floats are all `value`.
template <quantizer Quantizer>
[[nodiscard]] constexpr typename Quantizer::state state_of(float value) noexcept {
  std::array<float, static_cast<std::size_t>(state_floats<Quantizer>)> floats{};
  for (float& f : floats) f = value;
  return std::bit_cast<typename Quantizer::state>(floats);
}

}  // namespace detail

/// Whether every value is a multiple of one power of two, so that float sums of products are exact below 2^24 such
/// multiples. True for bit planes whose scale is a power of two and does not depend on measurements.
template <quantizer Quantizer>
[[nodiscard]] constexpr bool is_dyadic() noexcept {
  if constexpr (is_planes(Quantizer::storage)) {
    const float scale = Quantizer::scale(typename Quantizer::state{});
    if constexpr (state_floats<Quantizer> > 0)
      if (Quantizer::scale(detail::state_of<Quantizer>(2)) != scale ||
          Quantizer::scale(detail::state_of<Quantizer>(0.75f)) != scale)
        return false;
    return scale > 0 && (std::bit_cast<std::uint32_t>(scale) & 0x7fffffu) == 0;
  }
  return false;
}

/// Whether h(x) = scale · code(x) never decreases over the range that the quantizer clips to. Packing requires this: it
/// finds thresholds by bisection, and it replaces the code of a maximum by the maximum of codes. Only sample points are
/// checked.
template <quantizer Quantizer>
[[nodiscard]] bool never_falls(const typename Quantizer::state& state) {
  const interval range = Quantizer::range(state);
  const float scale = Quantizer::scale(state);
  constexpr int points = 400;
  const float low = (std::max)(range.low, -1e4f), high = (std::min)(range.high, 1e4f);
  const bool wide = high - low > 1e3f;
  float before = -std::numeric_limits<float>::infinity();
  for (int i = 0; i <= points; ++i) {
    const float part = static_cast<float>(2 * i - points) / points;  // -1 to 1
    // Samples a wide range most densely around 0, where its levels are, and also at its ends.
    const float x = wide ? part * part * part * part * part * high : low + (high - low) * (0.5f + 0.55f * part);
    const float value = static_cast<float>(Quantizer::code(x, state)) * scale;
    if (value < before) return false;
    before = value;
  }
  return true;
}

}  // namespace minnow
