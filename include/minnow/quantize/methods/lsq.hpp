#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

namespace detail {

/// Base class of quantizers that round x / step and learn the step.
///
/// Codes  signed_codes or unsigned_codes
template <class Codes>
struct learned_step : Codes {
  struct state {
    float step = 0;
  };
  static constexpr float least = 1e-6f;

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return Codes::nearest(x, s.step);
  }
  static constexpr float scale(const state& s) noexcept { return s.step; }
  static constexpr interval range(const state& s) noexcept { return Codes::range_of(s.step); }

  template <class Value>
  static void learn(Value x, const state& s, Value g, Value (&gradients)[1]) noexcept {
    using scalar::nearbyint;
    using scalar::select;
    const Value lowest(Codes::min_code), highest(Codes::max_code);
    const Value exact = x / Value(s.step);
    gradients[0] += g * select(exact > lowest, select(exact < highest, nearbyint(exact) - exact, highest), lowest);
  }
  static float gradient_scale(std::size_t values) noexcept {
    return 1 / std::sqrt(static_cast<float>(values) * Codes::max_code);
  }

  static void limit(state& s) noexcept { s.step = (std::max)(s.step, least); }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float mean = mean_magnitude(values);
    if (std::isnan(mean)) return false;
    if (s.step == 0) s.step = 2 * mean / std::sqrt(static_cast<float>(Codes::max_code));
    limit(s);
    return true;
  }
};

}  // namespace detail

/// Learned step size quantization (LSQ): s · clamp(round(x / s)). The step s is learned together with the weights. It
/// starts at 2 mean|x| / sqrt(Qp), Qp being the largest code, and stays above 0.
///
/// code      a signed integer of Bits bits, -(2^(Bits-1)-1) … 2^(Bits-1)-1. The paper has one more negative level,
///           which the kernels of symmetric codes do not support
/// gradient  of s: round(x/s) - x/s inside the range and the outermost level outside (Eq. 3); both are divided by
///           sqrt(n Qp). n is the number of weights that share s, or the number of inputs of one image (section 2.2; an
///           adaptive optimizer cancels this factor)
/// source    Esser et al. 2020 (LSQ)
template <int Bits, class Granularity = per_tensor>
struct lsq : detail::learned_step<detail::with_granularity<signed_codes<Bits>, Granularity>> {
  static constexpr text name() {
    return text("lsq<") << Bits << (lsq::per_channel ? std::string_view(",per_channel>") : std::string_view(">"));
  }
};

/// LSQ for inputs that are never negative, for example after a relu: s times the integers 0 … 2^Bits-1.
///
/// code    an unsigned integer of Bits bits
/// source  Esser et al. 2020
template <int Bits>
struct unsigned_lsq : detail::learned_step<unsigned_codes<Bits>> {
  static_assert(2 <= Bits, "minnow: unsigned_lsq has 2 to 8 bits");
  static constexpr text name() { return text("unsigned_lsq<") << Bits << ">"; }
};

}  // namespace minnow
