#pragma once

#include <algorithm>
#include <cmath>

#include <minnow/quantize/scaled_sign.hpp>

namespace minnow {

namespace detail {

/// s times the integers Lowest … Highest, with a learned step s.
template <int Lowest, int Highest>
struct learned_step : stateless {
  struct state {
    float step = 0;
  };
  static constexpr int code_limit = Highest;
  static constexpr bool bounded = false;
  static constexpr float least = 1e-6f;
  static constexpr interval range(const state& s) noexcept { return {s.step * Lowest, s.step * Highest}; }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return s.step > 0 ? nearest_code<Lowest, Highest>(x / Value(s.step)) : Value(0);
  }
  static constexpr float scale(const state& s) noexcept { return s.step; }

  template <class Value>
  static void learn(Value x, const state& s, Value g, Value (&gradients)[1]) noexcept {
    using scalar::nearbyint;
    using scalar::select;
    const Value exact = x / Value(s.step);
    const Value slope = select(exact > Value(Lowest),
                               select(exact < Value(Highest), nearbyint(exact) - exact, Value(Highest)), Value(Lowest));
    gradients[0] += g * slope;
  }
  static float gradient_scale(std::size_t values) noexcept {
    return 1 / std::sqrt(static_cast<float>(values) * Highest);
  }

  static void limit(state& s) noexcept { s.step = (std::max)(s.step, least); }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float mean = mean_magnitude(values);
    if (std::isnan(mean)) return false;
    if (s.step == 0) s.step = 2 * mean / std::sqrt(static_cast<float>(Highest));
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
/// gradient  of s: round(x/s) - x/s inside the range, the outermost level outside (Eq. 3), times 1 / sqrt(n Qp). n is
///           the number of weights that share s, or the number of inputs of one image (2.2; an adaptive optimizer
///           cancels this factor)
/// source    Esser et al. 2020 (LSQ)
template <int Bits, class Granularity = per_tensor>
struct lsq : detail::learned_step<1 - (1 << (Bits - 1)), (1 << (Bits - 1)) - 1> {
  static_assert(2 <= Bits && Bits <= 8, "minnow: lsq has 2 to 8 bits");
  static constexpr text name() {
    return text("lsq<") << Bits << (per_channel ? std::string_view(",per_channel>") : std::string_view(">"));
  }
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits <= 4 ? encoding::nibble : encoding::byte;
  static constexpr bool per_channel = std::is_same_v<Granularity, minnow::per_channel>;
  static constexpr bool usable(role r) noexcept { return r == role::weights || !per_channel; }
};

/// LSQ for inputs that are never negative, after a relu: s times the integers 0 … 2^Bits-1.
///
/// code    an unsigned integer of Bits bits
/// source  Esser et al. 2020
template <int Bits>
struct unsigned_lsq : detail::learned_step<0, (1 << Bits) - 1> {
  static_assert(2 <= Bits && Bits <= 8, "minnow: unsigned_lsq has 2 to 8 bits");
  static constexpr text name() { return text("unsigned_lsq<") << Bits << ">"; }
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits <= 4 ? encoding::unsigned_nibble : encoding::unsigned_byte;
  static constexpr bool usable(role r) noexcept { return r == role::inputs; }
};

}  // namespace minnow
