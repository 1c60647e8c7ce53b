#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/ternary.hpp>

/// Weights as random variables whose values are a quantizer's levels, for the estimator `local_reparameterization`.
namespace minnow {

/// Mean and variance of a weight.
struct weight_moments {
  float mean = 0;
  float variance = 0;
};

/// The distribution of a weight of Quantizer, whose levels are integers and whose scale is 1. A weight has one or two
/// logits (trained floats), and its probabilities are sigmoids of them. All members are static:
///
///   names                      names of the arrays that hold the logits in files
///   moments(logits)            mean and variance
///   gradient(logits, g)        gradient with respect to the logits; g.mean and g.variance are the gradients with
///                              respect to mean and variance
///   most_probable(logits)      the code of the most probable weight
///   regularizer_slope(logit)   derivative of the regularizer
///   of_weight(w)               the initial logits for the pretrained weight w, which is divided by the standard
///                              deviation of its layer's weights. Every probability is from 0.05 to 0.95
///
/// source  Shayer et al. 2018 (LR-Net)
template <class Quantizer>
struct weight_distribution;

/// A quantizer whose weights can be random variables.
template <class Quantizer>
concept has_weight_distribution = requires { weight_distribution<Quantizer>::names; };

namespace detail {

[[nodiscard]] inline float sigmoid(float x) noexcept { return 1 / (1 + std::exp(-x)); }
/// The logit of a probability that is limited to [0.05, 0.95]. NaN stays NaN.
[[nodiscard]] inline float limited_logit(float p) noexcept {
  p = p < 0.05f ? 0.05f : p > 0.95f ? 0.95f : p;
  return std::log(p / (1 - p));
}

}  // namespace detail

/// Binary weights. The logit t gives the probability p = sigmoid(t) of +1. The regularizer is p (1 - p), the density of
/// the beta distribution with both parameters 2, up to a factor. 0 maps to -1, as in `sign`.
template <>
struct weight_distribution<sign> {
  static constexpr std::array<std::string_view, 1> names{"logits"};
  using logits = std::array<float, 1>;

  [[nodiscard]] static weight_moments moments(const logits& t) noexcept {
    const float p = detail::sigmoid(t[0]), q = detail::sigmoid(-t[0]);
    return {p - q, 4 * p * q};
  }
  [[nodiscard]] static logits gradient(const logits& t, const weight_moments& g) noexcept {
    const float p = detail::sigmoid(t[0]), q = detail::sigmoid(-t[0]);
    return {p * q * (2 * g.mean + 4 * (q - p) * g.variance)};
  }
  [[nodiscard]] static float most_probable(const logits& t) noexcept { return t[0] > 0 ? 1.0f : -1.0f; }
  [[nodiscard]] static float regularizer_slope(float t) noexcept {
    const float p = detail::sigmoid(t), q = detail::sigmoid(-t);
    return p * q * (q - p);
  }
  [[nodiscard]] static logits of_weight(float w) noexcept { return {detail::limited_logit(0.5f * (1 + w))}; }
};

/// Ternary weights. The first logit gives the probability z of 0, the second the probability p of +1 if the weight is
/// not 0. The regularizer of a logit t is t² / 2 (probability decay). Of equally probable weights, the most probable one
/// is 0, then -1.
template <int Numerator, int Denominator>
struct weight_distribution<ternary<threshold<Numerator, Denominator>>> {
  static constexpr std::array<std::string_view, 2> names{"zero_logits", "sign_logits"};
  using logits = std::array<float, 2>;

  [[nodiscard]] static weight_moments moments(const logits& t) noexcept {
    const float nonzero = detail::sigmoid(-t[0]), sign = detail::sigmoid(t[1]) - detail::sigmoid(-t[1]);
    return {nonzero * sign, nonzero * (1 - nonzero * (sign * sign))};
  }
  [[nodiscard]] static logits gradient(const logits& t, const weight_moments& g) noexcept {
    const float zero = detail::sigmoid(t[0]), nonzero = detail::sigmoid(-t[0]);
    const float p = detail::sigmoid(t[1]), q = detail::sigmoid(-t[1]), sign = p - q, mean = nonzero * sign;
    return {-zero * nonzero * (sign * g.mean + (1 - 2 * mean * sign) * g.variance),
            nonzero * p * q * (2 * g.mean - 4 * mean * g.variance)};
  }
  [[nodiscard]] static float most_probable(const logits& t) noexcept {
    const float p = detail::sigmoid(t[1]), q = detail::sigmoid(-t[1]);
    if (!(detail::sigmoid(-t[0]) * (std::max)(p, q) > detail::sigmoid(t[0]))) return 0;
    return p > q ? 1.0f : -1.0f;
  }
  [[nodiscard]] static float regularizer_slope(float t) noexcept { return t; }
  [[nodiscard]] static logits of_weight(float w) noexcept {
    const float zero = (std::max)(0.95f - 0.9f * std::abs(w), 0.05f);
    return {detail::limited_logit(zero), detail::limited_logit(0.5f * (1 + w / (1 - zero)))};
  }
};

}  // namespace minnow
