#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/reduction.hpp>
#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/least_squares.hpp>
#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

namespace detail {

/// Thresholds t_m = mean - u_m · deviation with u_m = -1 + 2 (m - 1) / (Count - 1), m = 1 … Count, and the scales a
/// that minimize the sum of (x - a_1 b_1 - … - a_M b_M)^2 over all values x, where b_m = 1 if x > t_m, else -1.
template <int Count>
struct shifted_signs {
  std::array<float, index(Count)> thresholds{};
  std::array<float, index(Count)> scales{};
};

/// Measures values. Returns false if a value is NaN or infinite.
///
/// all  combines the sums of several processes
template <int Count, class All>
bool fit_signs(std::span<const float> values, shifted_signs<Count>& to, All& all) {
  constexpr std::size_t count = index(Count);
  double sums[] = {0, 0, static_cast<double>(values.size())};
  for (const float x : values) sums[0] += static_cast<double>(x);
  all.sum(sums);
  if (!std::isfinite(sums[0])) return false;
  const double mean = sums[2] > 0 ? sums[0] / sums[2] : 0;
  double squares[] = {0};
  for (const float x : values) squares[0] += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
  all.sum(squares);
  const double deviation = sums[2] > 0 ? std::sqrt(squares[0] / sums[2]) : 0;
  for (std::size_t m = 0; m < count; ++m) {
    const double u = Count == 1 ? 0 : -1 + 2 * static_cast<double>(m) / (Count - 1);
    to.thresholds[m] = bounded_float(mean - u * deviation);
  }
  auto parts = interval_sums<count + 1>(values, to.thresholds);
  all.sum(parts);
  // Thresholds fall as m grows. So a value above exactly i thresholds is above the last i of them.
  std::array<std::array<std::int8_t, count>, count + 1> signs;
  for (std::size_t i = 0; i <= count; ++i)
    for (std::size_t m = 0; m < count; ++m) signs[i][m] = m + i >= count ? 1 : -1;
  const auto scales = least_squares(signs, parts, std::array<float, count>{});
  for (std::size_t m = 0; m < count; ++m) to.scales[m] = bounded_float(scales[m]);
  return true;
}

/// Codes of one sign. Their scale is measured or learned, so latent weights are not clipped.
struct sign_codes : binary_codes {
  static constexpr bool clips_weights = false;
  static interval range(const quantizer_base::state&) = delete;
};

/// Base class of the quantizers of ABC-Net: sums of signs with scales. A packed network has one scale, the step. Each
/// scale is rounded to a whole number of steps, its multiplier.
template <int Count, class Granularity>
struct scaled_signs : with_granularity<std::conditional_t<Count == 1, sign_codes, signed_codes<8>>, Granularity> {
  static constexpr int levels = Count + 1;
  /// The exact sum of the magnitudes of all scales, in steps. After rounding, the sum of the multipliers is at most
  /// max_code.
  static constexpr int steps = Count == 1 ? 1 : scaled_signs::max_code - (Count + 1) / 2;

  static float step_of(const std::array<float, index(Count)>& scales) noexcept {
    float sum = 0;
    for (const float a : scales) sum += (std::abs)(a);
    return sum / steps;
  }
  /// A code of one bit has no 0, so its multiplier is 1 or -1, also if the scale is 0.
  static float multiplier(float a, float step) noexcept {
    if constexpr (Count == 1) return a < 0 ? -1.0f : 1.0f;
    else return step > 0 ? std::nearbyint(a / step) : 0.0f;
  }
};

}  // namespace detail

/// ABC-Net's quantizer of weights: a_1 B_1 + … + a_M B_M with B_m = sign(w - mean(w) + u_m std(w)) and
/// u_m = -1 + 2 (m - 1) / (M - 1). The scales a are the least-squares solution. With one base, u is 0.
///
/// code      a signed byte, k_1 B_1 + … + k_M B_M. The multiplier k_m is a_m, rounded to a whole number of steps; the
///           sum of all |a_m| is 127 - (M+1)/2 steps. With one base the code is one bit and the scale is |a_1|, exactly.
///           The product with inputs of `abc_inputs`, whose codes are l_1 A_1 + … + l_N A_N, is the sum of
///           k_m l_n <B_m, A_n> over all m and n. The library computes it as one product of codes, which is an XNOR
///           product if M and N are 1. M·N XNOR products, as in the paper, are not part of the library
///           (docs/kernels.md compares their speed)
/// state     thresholds mean - u_m std, and scales a_m; for the tensor, or for each filter with `per_channel`
/// gradient  of w: a_1 + … + a_M times the estimator's slope: each base passes the gradient unchanged
/// source    Lin et al. 2017 (ABC-Net), 3.1. The shifts u_m are fixed; the paper's trained shifts are not
///           part of it
template <int Bases, class Granularity = per_tensor>
struct abc_weights : detail::scaled_signs<Bases, Granularity> {
  static_assert(1 <= Bases && Bases <= 5, "minnow: abc_weights has 1 to 5 bases");
  struct state {
    std::array<float, index(Bases)> thresholds{};
    std::array<float, index(Bases)> scales{};
  };
  static constexpr text name() {
    return text("abc_weights<") << Bases
                                << (abc_weights::per_channel ? std::string_view(",per_channel>")
                                                             : std::string_view(">"));
  }
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    using scalar::select;
    const float step = scale(s);
    Value sum(0);
    for (std::size_t m = 0; m < s.scales.size(); ++m) {
      const float k = abc_weights::multiplier(s.scales[m], step);
      sum = sum + select(x > Value(s.thresholds[m]), Value(k), Value(-k));
    }
    return sum;
  }
  static float scale(const state& s) noexcept { return abc_weights::step_of(s.scales); }

  template <class Value>
  static Value slope(role, Value, const state& s) noexcept {
    float sum = 0;
    for (const float a : s.scales) sum += a;
    return Value(sum);
  }
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    detail::alone all;
    detail::shifted_signs<Bases> found;
    if (!detail::fit_signs(values, found, all)) return false;
    s = {found.thresholds, found.scales};
    return true;
  }
};

/// ABC-Net's quantizer of inputs after a batch norm, without a relu: b_1 A_1 + … + b_N A_N with A_n = 1 if
/// clip(x + v_n, 0, 1) >= 1/2, else -1. The scales b and the shifts v are learned. minnow chooses their start: 1/2 - v
/// and b are the thresholds and the scales that `abc_weights` would have for the first batch. A scale below 0 becomes
/// 0, which is not in the paper, because packing needs levels that rise with x. If all scales have become 0, they start
/// again.
///
/// code      a signed byte, l_1 A_1 + … + l_N A_N, with multipliers l_n as in `abc_weights`, or one bit if N is 1; NaN
///           has A_n = -1
/// gradient  of x: the sum of b_n 1{0 <= x + v_n <= 1} (straight-through past the comparison with 1/2); of b_n:
///           A_n; of v_n: b_n 1{0 <= x + v_n <= 1}; each times the gradient of h(x)
/// source    Lin et al. 2017, 3.2
template <int Bases>
struct abc_inputs : detail::scaled_signs<Bases, per_tensor> {
  static_assert(1 <= Bases && Bases <= 5, "minnow: abc_inputs has 1 to 5 bases");
  struct state {
    std::array<float, index(Bases)> scales{};
    std::array<float, index(Bases)> shifts{};
  };
  static constexpr text name() { return text("abc_inputs<") << Bases << ">"; }
  /// The union of all intervals 0 <= x + v_n <= 1, and the numbers between them.
  static constexpr interval range(const state& s) noexcept {
    interval all{-s.shifts[0], 1 - s.shifts[0]};
    for (const float v : s.shifts) all = {(std::min)(all.low, -v), (std::max)(all.high, 1 - v)};
    return all;
  }
  static constexpr bool supports(role r) noexcept { return r == role::inputs; }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    const float step = scale(s);
    Value sum(0);
    for (std::size_t n = 0; n < s.scales.size(); ++n)
      sum = sum + Value(abc_inputs::multiplier(s.scales[n], step)) * sign_at(x, s.shifts[n]);
    return sum;
  }
  static float scale(const state& s) noexcept { return abc_inputs::step_of(s.scales); }

  template <class Value>
  static Value slope(role, Value x, const state& s) noexcept {
    Value sum(0);
    for (std::size_t n = 0; n < s.scales.size(); ++n) sum = sum + slope_at(x, s, n);
    return sum;
  }
  template <class Value>
  static void learn(Value x, const state& s, Value g, Value (&gradients)[2 * index(Bases)]) noexcept {
    for (std::size_t n = 0; n < s.scales.size(); ++n) {
      gradients[n] += g * sign_at(x, s.shifts[n]);
      gradients[index(Bases) + n] += g * slope_at(x, s, n);
    }
  }

  static void limit(state& s) noexcept {
    for (float& b : s.scales) b = (std::max)(b, 0.0f);
  }
  static bool observe(state& s, std::span<const float> values, role r) noexcept {
    detail::alone all;
    return observe(s, values, r, all);
  }
  /// Overload for the values of several processes.
  template <class All>
  static bool observe(state& s, std::span<const float> values, role, All& all) {
    detail::shifted_signs<Bases> found;
    if (!detail::fit_signs(values, found, all)) return false;
    limit(s);
    if (scale(s) == 0) {
      for (std::size_t n = 0; n < s.shifts.size(); ++n) s.shifts[n] = 0.5f - found.thresholds[n];
      s.scales = found.scales;
      limit(s);
    }
    return true;
  }

private:
  /// A_n.
  template <class Value>
  static Value sign_at(Value x, float shift) noexcept {
    using scalar::select;
    return select(x + Value(shift) >= Value(0.5f), Value(1), Value(-1));
  }
  template <class Value>
  static Value slope_at(Value x, const state& s, std::size_t n) noexcept {
    using scalar::select;
    const Value shifted = x + Value(s.shifts[n]);
    return select(shifted >= Value(0), select(shifted <= Value(1), Value(s.scales[n]), Value(0)), Value(0));
  }
};

}  // namespace minnow
