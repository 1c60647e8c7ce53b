#pragma once

#include <concepts>
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
/// `half` and `real` the code is the quantized value itself and the scale is 1. The members of a quantizer are static.
/// It derives from `quantizer_base`, `signed_codes` or `unsigned_codes` (quantizer_base.hpp), which define most of the
/// members.
///
/// Required members:
///
///   name()          stable name; part of file fingerprints
///   bits            number of bits of one code
///   storage         how codes are stored in memory: an `encoding`
///   max_code        the largest |code|; 0 if codes are not integers
///   state           measured or learned numbers (a running scale, a threshold): a trivially copyable struct of floats
///   per_channel     true: one state for each filter; false: one state for the tensor. For weights only
///   clips_weights   true if the latent weights (the float weights that training updates) are clipped to [-1, 1] after
///                   every update
///   uniform_init    true if initial weights are uniform on (-1, 1), because fixed thresholds would round Glorot's
///                   smaller initial weights to 0
///   code(x, state)  computes the code of a float or, if it is a template, the codes of a SIMD batch. For inputs,
///                   scale · code must not decrease as x increases; packing checks this
///   scale(state)    the value of code 1
///   range(state)    the interval R of the estimators (estimate/concept.hpp), to which inputs are also clipped
///   observe(state, values, role)   measures the values and updates the state; returns false if a value is NaN or
///                   infinite
///   supports(role)  returns false if the quantizer cannot be used for this role
///
/// Optional members:
///
///   slope(role, x, state)   factor that multiplies the estimator's slope: the derivative of the function that is
///                           applied to x before rounding, or the part of this derivative that the quantizer's paper
///                           uses
///   learn(x, state, g, gradients)   adds g · dh(x)/ds to the gradient of each float s of the state; the optimizer then
///                           updates the state. g is the gradient with respect to h(x). `learn` takes floats or, if it
///                           is a template, SIMD batches, like `code`
///   limit(state)            moves a state to the nearest one inside its bounds, and leaves a NaN unchanged. It is
///                           called after every step of the optimizer, so a quantizer with `learn` must have it.
///                           Packing and loading refuse a state that `limit` would change
///   observe(state, values, role, all)   measures the values of several processes together, with all.sum and
///                           all.largest (core/reduction.hpp); without this overload, the states of the processes are
///                           averaged
///   gradient_scale(values)  factor of the gradients from `learn`; `values` is the number of weights that share the
///                           state, or for inputs the number of values of one image
///   group                   each group of this many weights of a filter, consecutive along the input channels, has a
///                           state; requires per_channel. All states of a filter must have the same scale
///   share(states)           is called with the states of a filter, after `observe` for each of its groups
///   min_code, rounds        the lowest code; `rounds` is true if code(x, state) is x / scale(state), rounded to the
///                           nearest integer from min_code to max_code. `pack<fixed_point>` computes these codes with
///                           integers
///   freeze(state), is_frozen(state)   keeps the levels from now on: `observe` then only checks that all values are
///                           finite. h(h(x)) must be equal to h(x) then. Estimators that freeze weights need both
///                           members (`incremental`)
///   levels                  number of codes, if a code in four bits or a byte does not take every integer up to
///                           max_code
///   zero(state)             the zero point z of an affine quantizer of inputs, 0 … max_code: `storage` is unsigned, and
///                           memory holds the byte code + z instead of the code. The codes are -z … max_code - z, and
///                           `min_code`, the lowest byte, is 0. Weights multiplied by such inputs have integer codes
///   max_sum                 for weights: the largest sum of |code| over a filter; packing refuses larger sums
///   keeps_state             true if the state is given, neither measured nor learned: it is kept when the weights are
///                           replaced
template <class Quantizer>
concept quantizer = requires(typename Quantizer::state s, std::span<const float> values) {
  { Quantizer::name() } -> std::convertible_to<text>;
  { Quantizer::bits } -> std::convertible_to<int>;
  { Quantizer::storage } -> std::convertible_to<encoding>;
  { Quantizer::max_code } -> std::convertible_to<int>;
  { Quantizer::per_channel } -> std::convertible_to<bool>;
  { Quantizer::clips_weights } -> std::convertible_to<bool>;
  { Quantizer::uniform_init } -> std::convertible_to<bool>;
  { Quantizer::code(0.0f, s) } -> std::convertible_to<float>;
  { Quantizer::scale(s) } -> std::convertible_to<float>;
  { Quantizer::range(s) } -> std::convertible_to<interval>;
  { Quantizer::observe(s, values, role::weights) } -> std::convertible_to<bool>;
  { Quantizer::supports(role::weights) } -> std::convertible_to<bool>;
  requires std::is_trivially_copyable_v<typename Quantizer::state>;
};

/// Number of floats in a quantizer's state. Files and checkpoints store these floats.
template <quantizer Quantizer>
inline constexpr int state_floats =
    std::is_empty_v<typename Quantizer::state> ? 0 : int(sizeof(typename Quantizer::state) / sizeof(float));

/// A quantizer with a zero point: memory holds code + zero(state).
template <class Quantizer>
concept affine_quantizer = quantizer<Quantizer> && requires(const typename Quantizer::state& s) {
  { Quantizer::zero(s) } -> std::same_as<int>;
};

/// Returns the number that is added to a code when it is stored: the zero point, or 0 for quantizers without one.
template <quantizer Quantizer>
[[nodiscard]] constexpr int zero_point([[maybe_unused]] const typename Quantizer::state& state) noexcept {
  if constexpr (affine_quantizer<Quantizer>) return Quantizer::zero(state);
  else return 0;
}

/// A quantizer whose state is trained with the weights.
template <class Quantizer>
concept learned_quantizer = quantizer<Quantizer> && requires(float x, typename Quantizer::state s, float g,
                                                             float (&gradients)[state_floats<Quantizer>]) {
  Quantizer::learn(x, s, g, gradients);
};

namespace detail {
/// True for quantizers that keep their state when the weights are replaced.
template <class Quantizer>
inline constexpr bool keeps_state = requires { requires Quantizer::keeps_state; };

template <class Quantizer>
concept quantizer_of_0_1 = requires { Quantizer::code_limit; };
}  // namespace detail

}  // namespace minnow
