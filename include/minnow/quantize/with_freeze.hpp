#pragma once

#include <cmath>
#include <limits>
#include <span>

#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// A quantizer of weights whose levels can be kept, for estimators that freeze weights (`incremental`). The levels are
/// the quantizer's own, measured before the first weight is frozen. Example: with_freeze<scaled_ternary<>> trains
/// ternary weights with a scale incrementally, with_freeze<scaled_sign<per_tensor>> binary weights.
///
/// Quantizer  has no learned state, and h(h(x)) is equal to h(x): `sign`, `ternary`, `power_of_two`, `integer`,
///            `uniform`, `scaled_sign`, `scaled_ternary`. `dorefa_weights` has another h(h(x)), which is an error in the
///            first training step that freezes weights
/// code       as in the quantizer
/// weights    are not clipped to [-1, 1], because weights that are not frozen are floats. Weights with a NaN or an
///            infinity are refused
template <quantizer Quantizer>
struct with_freeze : Quantizer {
  static_assert(!learned_quantizer<Quantizer>, "minnow: with_freeze takes a quantizer without a learned state");
  static_assert(Quantizer::supports(role::weights) && is_integer(Quantizer::storage),
                "minnow: with_freeze takes a quantizer of weights with at most 8 bits");
  struct state : Quantizer::state {
    float frozen = 0;  ///< 1: the levels do not change any more
  };
  static constexpr text name() { return text("with_freeze<") << Quantizer::name() << ">"; }
  static constexpr bool clips_weights = false;
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  static void limit(state& s) noexcept {
    if constexpr (requires { Quantizer::limit(s); }) Quantizer::limit(s);
    if (s.frozen < 0.5f) s.frozen = 0;
    else if (s.frozen < std::numeric_limits<float>::infinity()) s.frozen = 1;
  }
  static bool observe(state& s, std::span<const float> values, role r) noexcept {
    if (std::isnan(detail::largest_magnitude(values))) return false;
    return is_frozen(s) || Quantizer::observe(s, values, r);
  }

  static void freeze(state& s) noexcept { s.frozen = 1; }
  static constexpr bool is_frozen(const state& s) noexcept { return s.frozen != 0; }
};

}  // namespace minnow
