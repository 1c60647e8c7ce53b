#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/role.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// A closed interval of real numbers: the range R of a quantizer.
struct interval {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

/// What a number becomes: h(x) = scale(state) * code(x, state), with small integers as codes (held in floats), or with
/// the quantized value itself as code and a scale of 1 (`half`, `real`).
///
///   name()           stable name; goes into file fingerprints
///   bits             bits of one code
///   storage          how codes stand in memory: an `encoding`
///   code_limit       the largest |code|; 0 where codes are not integers
///   state            what it has measured (a running scale, a threshold): a trivially copyable struct of floats
///   per_channel      one state for each filter instead of one for the tensor (weights only)
///   bounded          latent weights are clipped to [-1, 1] after every update
///   wide_start       initial weights are uniform on (-1, 1), since fixed thresholds would swallow Glorot's
///   code(x, state)   the rule, for a float and, when it is a template, for a SIMD batch alike
///   scale(state)     the value of code 1
///   range(state)     where the estimators' indicator is 1, and where the input is clipped
///   observe(state, values, role)   measures; false where the values hold a NaN or an infinity
///   usable(role)     false where the composition makes no sense
///
/// and where it wants them
///
///   slope(role, x, state)   what the estimator's slope is multiplied by: the derivative of what x goes through before it is
///                           rounded, as far as the method passes it on
///   learn(x, state, g, gradients)   adds g · dh(x)/ds to the gradient of each float s of the state, which the optimizer then
///                           moves; g is the gradient that arrives at h(x). A template, as `code`
///   limit(state)            moves a state to the nearest one inside its bounds, and leaves a NaN. Called after every step of the
///                           optimizer, so a quantizer that learns its state must have it; packing and loading refuse a
///                           state that it would change
///   observe(state, values, role, all)   measures the values of several processes at once, with all.sum and all.largest
///                           (core/reduction.hpp); without it the mean of their states is taken
///   gradient_scale(values)  what those gradients are multiplied by where so many weights share the state, or of inputs so
///                           many values of one image
template <class Q>
concept quantizer = requires(typename Q::state s, std::span<const float> values) {
  { Q::name() } -> std::convertible_to<text>;
  { Q::bits } -> std::convertible_to<int>;
  { Q::storage } -> std::convertible_to<encoding>;
  { Q::code_limit } -> std::convertible_to<int>;
  { Q::per_channel } -> std::convertible_to<bool>;
  { Q::bounded } -> std::convertible_to<bool>;
  { Q::wide_start } -> std::convertible_to<bool>;
  { Q::code(0.0f, s) } -> std::convertible_to<float>;
  { Q::scale(s) } -> std::convertible_to<float>;
  { Q::range(s) } -> std::convertible_to<interval>;
  { Q::observe(s, values, role::weights) } -> std::convertible_to<bool>;
  { Q::usable(role::weights) } -> std::convertible_to<bool>;
  requires std::is_trivially_copyable_v<typename Q::state>;
};

/// The floats in a quantizer's state, as files and checkpoints keep them.
template <quantizer Q>
inline constexpr int state_floats = std::is_empty_v<typename Q::state> ? 0 : int(sizeof(typename Q::state) / sizeof(float));

/// A quantizer whose state is trained with the weights.
template <class Q>
concept learned_quantizer = quantizer<Q> && requires(float x, typename Q::state s, float g, float (&gradients)[state_floats<Q>]) {
  Q::learn(x, s, g, gradients);
};

/// Whether a state can be packed: finite, and inside its bounds where the quantizer has any. The state of a quantizer that has
/// measured nothing is sound.
template <quantizer Q>
[[nodiscard]] bool is_sound(const typename Q::state& state) noexcept {
  constexpr auto count = static_cast<std::size_t>(state_floats<Q>);
  if constexpr (count > 0) {
    using floats = std::array<float, count>;
    const auto values = std::bit_cast<floats>(state);
    for (const float v : values)
      if (!(std::abs(v) <= std::numeric_limits<float>::max())) return false;
    if constexpr (requires(typename Q::state s) { Q::limit(s); }) {
      typename Q::state limited = state;
      Q::limit(limited);
      return std::bit_cast<floats>(limited) == values || values == std::bit_cast<floats>(typename Q::state{});
    }
  }
  return true;
}

/// What most quantizers have in common: nothing to measure, range [-1, 1], latent weights kept inside it, codes in
/// signed bytes. A user's quantizer derives from it and adds name, bits, code_limit, code and scale.
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
template <quantizer Q, class V>
[[nodiscard]] V quantized(V x, const typename Q::state& state) {
  return Q::code(x, state) * V(Q::scale(state));
}

/// Whether every value is a multiple of a power of two, so that float sums of products are exact below 2^24 units: planes
/// whose scale is fixed (one that is measured begins with 0).
template <quantizer Q>
[[nodiscard]] constexpr bool is_dyadic() noexcept {
  return is_planes(Q::storage) && Q::scale(typename Q::state{}) > 0;
}

}  // namespace minnow
