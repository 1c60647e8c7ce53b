#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <minnow/core/reduction.hpp>
#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

namespace detail {

/// A learned interval from center - distance, the pruning threshold, to center + distance, the clipping threshold.
///
/// State       a struct of floats with `center` and `distance`
/// Magnitudes  true: the interval contains magnitudes |x|; false: it contains numbers x
template <class State, bool Magnitudes>
struct learned_interval {
  static constexpr float least = 1e-6f;

  [[nodiscard]] static constexpr interval of(const State& s) noexcept {
    return {s.center - s.distance, s.center + s.distance};
  }
  /// Keeps the center at or above 0 and the distance above 0.
  static void limit(State& s) noexcept {
    s.center = (std::max)(s.center, 0.0f);
    s.distance = (std::max)(s.distance, least);
  }
  /// Starts the interval from 0 to twice the mean of all values above 0 if none of the values is inside it.
  template <class All>
  static bool observe(State& s, std::span<const float> values, All& all) {
    const interval r = of(s);
    double magnitudes = 0, above = 0, count = 0, inside = 0;
    for (const float x : values) {
      const float magnitude = (std::abs)(x), value = Magnitudes ? magnitude : x;
      magnitudes += static_cast<double>(magnitude);
      above += value > 0 ? static_cast<double>(value) : 0.0;
      count += value > 0 ? 1.0 : 0.0;
      inside += value > r.low && value < r.high ? 1.0 : 0.0;
    }
    double sums[] = {magnitudes, above, count, inside};
    all.sum(sums);
    if (!std::isfinite(sums[0])) return false;
    if (sums[3] == 0)
      s.center = s.distance = sums[2] > 0 ? (std::max)(static_cast<float>(sums[1] / sums[2]), least) : least;
    limit(s);
    return true;
  }
};

}  // namespace detail

/// QIL's quantizer of weights: sign(w) · round(L t^gamma) / L with L = 2^(Bits-1)-1. t is the place of |w| in a learned
/// interval, clamped to [0, 1]: t = (|w| - center) / (2 distance) + 1/2. Weights below the interval are pruned (0),
/// weights above it are clipped (±1). Center, distance and gamma are learned, one of each for the layer.
///
/// code      a signed integer of Bits bits. Takes single numbers and no SIMD batches, because a vectorized power differs
///           between processors
/// gradient  of w, center, distance and gamma: the derivatives of the transformer sign(w) t^gamma, which are 0 outside
///           the interval; rounding passes them unchanged
/// state     The interval starts from 0 to twice the mean of all |w| above 0, with gamma 1. It starts again if it
///           contains no |w|, because all gradients of the layer are 0 then. The center is at least 0, the distance
///           above 0, gamma at least 1/4; the initial values and these bounds are minnow's
/// source    Jung et al. 2019 (QIL), section 3: transformer and discretizer of weights. Not part of it: a learning rate
///           of the interval that differs from the rate of the weights, and the start from a network of more bits (use
///           `copy_weights`)
template <int Bits>
struct qil_weights : signed_codes<Bits> {
  static_assert(2 <= Bits && Bits <= 8, "minnow: qil_weights has 2 to 8 bits");
  struct state {
    float center = 0;
    float distance = 0;
    float gamma = 1;
  };
  using learned = detail::learned_interval<state, true>;
  static constexpr float least_gamma = 0.25f;
  static constexpr text name() { return text("qil_weights<") << Bits << ">"; }
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  static float code(float x, const state& s) noexcept {
    const float t = place(x, s);
    const float level = t > 0 ? std::nearbyint(std::pow((std::min)(t, 1.0f), s.gamma) * qil_weights::max_code) : 0.0f;
    return x < 0 ? -level : x > 0 ? level : 0.0f;
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / qil_weights::max_code; }

  static float slope(role, float x, const state& s) noexcept {
    const float t = place(x, s);
    return t > 0 && t < 1 ? s.gamma * std::pow(t, s.gamma - 1) / (2 * s.distance) : 0.0f;
  }
  static void learn(float x, const state& s, float g, float (&gradients)[3]) noexcept {
    const float t = place(x, s);
    if (!(t > 0 && t < 1)) return;
    const float power = std::pow(t, s.gamma - 1), towards = x < 0 ? -g : g;
    const float of_place = towards * s.gamma * power / s.distance;
    gradients[0] -= 0.5f * of_place;
    gradients[1] -= (t - 0.5f) * of_place;
    gradients[2] += towards * t * power * std::log(t);
  }

  static void limit(state& s) noexcept {
    learned::limit(s);
    s.gamma = (std::max)(s.gamma, least_gamma);
  }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    detail::alone all;
    return learned::observe(s, values, all);
  }

private:
  /// The place of |x| in the interval: 0 at its lower end, 1 at its upper end.
  static float place(float x, const state& s) noexcept {
    const float magnitude = (std::abs)(x);
    return s.distance > 0 ? (magnitude - learned::of(s).low) / (2 * s.distance) : 0.0f;
  }
};

/// QIL's quantizer of inputs, which replaces a relu: round(L t) / L with L = 2^Bits-1. t is the place of x in a learned
/// interval, clamped to [0, 1]: t = (x - center) / (2 distance) + 1/2. Gamma is 1.
///
/// code      an unsigned integer of Bits bits
/// gradient  of x, center and distance: the derivatives of t, which are 0 outside the interval; rounding passes them
///           unchanged
/// state     The interval starts from 0 to twice the mean of all inputs above 0 of the first batch. It starts again if
///           it contains no input of a batch. The center is at least 0, the distance above 0; the initial values and
///           these bounds are minnow's
/// source    Jung et al. 2019 (QIL), section 3: transformer and discretizer of activations
template <int Bits>
struct qil_inputs : unsigned_codes<Bits> {
  struct state {
    float center = 0;
    float distance = 0;
  };
  using learned = detail::learned_interval<state, false>;
  static constexpr text name() { return text("qil_inputs<") << Bits << ">"; }
  static constexpr interval range(const state& s) noexcept { return learned::of(s); }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return qil_inputs::nearest(x - Value(learned::of(s).low), 2 * s.distance / qil_inputs::max_code);
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / qil_inputs::max_code; }

  template <class Value>
  static Value slope(role, Value, const state& s) noexcept {
    return Value(s.distance > 0 ? 0.5f / s.distance : 0.0f);
  }
  template <class Value>
  static void learn(Value x, const state& s, Value g, Value (&gradients)[2]) noexcept {
    using scalar::select;
    const interval r = learned::of(s);
    const Value inside = select(x > Value(r.low), select(x < Value(r.high), g, Value(0)), Value(0));
    gradients[0] -= inside * Value(0.5f / s.distance);
    gradients[1] -= inside * ((x - Value(s.center)) / Value(2 * s.distance * s.distance));
  }

  static void limit(state& s) noexcept { learned::limit(s); }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    detail::alone all;
    return learned::observe(s, values, all);
  }
  /// Overload for the values of several processes.
  template <class All>
  static bool observe(state& s, std::span<const float> values, role, All& all) {
    return learned::observe(s, values, all);
  }
};

}  // namespace minnow
