#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

namespace detail {

/// Base class of SYQ's quantizers of weights: a learned scale a times the codes -1, +1 (1 bit), or -1, 0, +1 (2 bits).
///
/// Bits  1 or 2
template <int Bits, class Granularity>
struct symmetric_weights : with_granularity<quantizer_base, Granularity> {
  static_assert(Bits == 1 || Bits == 2, "minnow: syq_weights has 1 or 2 bits");
  struct state {
    float scale = 0;
    float threshold = 0;
  };
  static constexpr float factor = Bits == 1 ? 0.0f : 0.05f;
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits == 1 ? encoding::bit : encoding::ternary;
  static constexpr int max_code = 1;
  static constexpr bool clips_weights = false;
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  template <class Value>
  static constexpr Value code(Value x, const state& s) noexcept {
    using scalar::select;
    if constexpr (Bits == 1) return select(x > Value(0), Value(1), Value(-1));
    else return select(x > Value(s.threshold), Value(1), select(x < Value(-s.threshold), Value(-1), Value(0)));
  }
  static constexpr float scale(const state& s) noexcept { return s.scale; }

  template <class Value>
  static constexpr Value slope(role, Value x, const state& s) noexcept {
    using scalar::abs;
    using scalar::select;
    if constexpr (Bits == 1) return Value(s.scale);
    else return select(abs(x) > Value(s.threshold), Value(s.scale), Value(1));
  }
  template <class Value>
  static constexpr void learn(Value x, const state& s, Value g, Value (&gradients)[2]) noexcept {
    gradients[0] += g * code(x, s);
  }

  static void limit(state& s) noexcept {
    s.scale = (std::max)(s.scale, 0.0f);
    s.threshold = (std::max)(s.threshold, 0.0f);
  }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float largest = largest_magnitude(values);
    if (std::isnan(largest)) return false;
    s.threshold = factor * largest;
    limit(s);
    if (s.scale == 0) s.scale = mean_magnitude(values);
    return true;
  }
};

}  // namespace detail

/// SYQ's quantizer of weights: a · sign(w) with 1 bit; with 2 bits, 0 if |w| <= D, else a · sign(w), with
/// D = 0.05 max|w|. The scale a is learned, one for the layer (the paper's layer-wise scale) or, with `per_channel`, one
/// for each filter; mean and maximum are over the weights that share the scale. The scale starts at mean|w|, and starts
/// again if it has become 0.
///
/// code      -1, +1 in one bit, 0 becomes -1; or -1, 0, +1 in two bits
/// gradient  of w: the estimator's slope times a for weights with a code other than 0, times 1 for all others; of a: the
///           sum of the gradients of the weights times their codes
/// source    Faraone et al. 2018 (SYQ), section 3, and the authors' code. Not part of it: pixel-wise and row-wise
///           scales, one for each position or row of the window. A packed network multiplies each filter's sum by one
///           scale, so scales that differ within the window do not factor out of the sum
template <int Bits, class Granularity = per_tensor>
struct syq_weights : detail::symmetric_weights<Bits, Granularity> {
  static constexpr text name() {
    return text("syq_weights<") << Bits
                                << (syq_weights::per_channel ? std::string_view(",per_channel>")
                                                             : std::string_view(">"));
  }
};

/// SYQ's quantizer of inputs, which replaces a relu: unsigned fixed-point numbers of Bits bits, FractionBits of them
/// after the point. Rounds max(0, x) to the nearest multiple of 2^-FractionBits, at most (2^Bits - 1) · 2^-FractionBits.
///
/// FractionBits  0 to Bits; the default is half of the bits, as in the authors' code for 8 bits
/// code          an unsigned integer of Bits bits; a tie becomes even (in the authors' code, the larger integer)
/// gradient      1 from 0 to the largest level, else 0
/// source        Faraone et al. 2018 (SYQ), section 3, and the authors' code
template <int Bits, int FractionBits = Bits / 2>
struct syq_inputs : unsigned_codes<Bits> {
  using typename unsigned_codes<Bits>::state;
  static_assert(2 <= Bits && Bits <= 8, "minnow: syq_inputs has 2 to 8 bits");
  static_assert(0 <= FractionBits && FractionBits <= Bits, "minnow: syq_inputs has 0 to Bits fraction bits");
  static constexpr float step = 1.0f / (1 << FractionBits);
  static constexpr bool rounds = true;
  static constexpr text name() { return text("syq_inputs<") << Bits << "," << FractionBits << ">"; }
  static constexpr interval range(const state&) noexcept { return syq_inputs::range_of(step); }

  template <class Value>
  static Value code(Value x, const state&) noexcept {
    return syq_inputs::nearest(x, step);
  }
  static constexpr float scale(const state&) noexcept { return step; }
};

}  // namespace minnow
