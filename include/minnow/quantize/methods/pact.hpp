#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// PACT's quantizer of inputs, which replaces a relu: clip(x, 0, a) in steps of a / (2^Bits - 1). The clip a is
/// learned. It starts at the largest input of the first batch and stays above 0. The paper also adds an L2 penalty on
/// the clip to the loss; use the optimizer's weight decay for this.
///
/// code      an unsigned integer of Bits bits
/// gradient  of a: the sum of the gradients of all x >= a (Eq. 3)
/// source    Choi et al. 2018 (PACT), Eq. 1 to 3
template <int Bits>
struct pact : unsigned_codes<Bits> {
  struct state {
    float clip = 0;
  };
  static constexpr text name() { return text("pact<") << Bits << ">"; }
  static constexpr float least = 1e-3f;
  static constexpr interval range(const state& s) noexcept { return {0, s.clip}; }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return pact::nearest(x, scale(s));
  }
  static constexpr float scale(const state& s) noexcept { return s.clip / pact::max_code; }

  template <class Value>
  static void learn(Value x, const state& s, Value g, Value (&gradients)[1]) noexcept {
    using scalar::select;
    gradients[0] += select(x < Value(s.clip), Value(0), g);
  }

  static void limit(state& s) noexcept { s.clip = (std::max)(s.clip, least); }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float largest = detail::largest_magnitude(values, false);
    if (std::isnan(largest)) return false;
    if (s.clip == 0) s.clip = largest;
    limit(s);
    return true;
  }
};

}  // namespace minnow
