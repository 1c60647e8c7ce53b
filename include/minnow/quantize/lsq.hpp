#pragma once

#include <algorithm>
#include <cmath>

#include <minnow/quantize/scaled_sign.hpp>

namespace minnow {

namespace detail {

/// s times the integers Lowest … Highest, the step s learned.
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

/// Learned step size quantization: s · clamp(round(x / s)) with the step s learned beside the weights. It begins with
/// 2 mean|x| / sqrt(Qp) and stays above 0.
///
/// code      a signed integer of Bits bits, -(2^(Bits-1)-1) … 2^(Bits-1)-1: the paper has one more level below, which
///           kernels of symmetric codes leave out
/// gradient  of s: round(x/s) - x/s inside, the outermost level outside (Eq. 3), times 1 / sqrt(n Qp), n the weights that
///           share it, or the inputs of one image (2.2; an adaptive optimizer divides that out again)
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

/// The same for inputs that are never negative, behind a relu: s times 0 … 2^Bits-1.
///
/// code      an unsigned integer of Bits bits
/// source    Esser et al. 2020
template <int Bits>
struct unsigned_lsq : detail::learned_step<0, (1 << Bits) - 1> {
  static_assert(2 <= Bits && Bits <= 8, "minnow: unsigned_lsq has 2 to 8 bits");
  static constexpr text name() { return text("unsigned_lsq<") << Bits << ">"; }
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits <= 4 ? encoding::unsigned_nibble : encoding::unsigned_byte;
  static constexpr bool usable(role r) noexcept { return r == role::inputs; }
};

}  // namespace minnow
