#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <minnow/core/index.hpp>
#include <minnow/core/reduction.hpp>
#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/least_squares.hpp>
#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

namespace detail {

/// Base class of the quantizers of LQ-Nets. The levels are v_1 b_1 + … + v_K b_K for all b in {Low, 1}^K, where the
/// basis v is fitted to the values.
///
/// Codes  signed_codes<8> or unsigned_codes<8>
/// Low    -1 or 0
template <class Codes, int Bits, int Low>
struct fitted_basis : Codes {
  struct state {
    std::array<float, index(Bits)> basis{};  ///< v >= 0
  };
  static constexpr int levels = 1 << Bits;

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    using scalar::select;
    const float unit = scale(s);
    if (!(unit > 0 && unit <= (std::numeric_limits<float>::max)())) return Value(0);
    const auto sorted = sorted_levels(s);
    const auto limits = thresholds(sorted);
    Value result(std::nearbyint(sorted[0].value / unit));
    for (std::size_t l = 1; l < sorted.size(); ++l)
      result = select(x > Value(limits[l - 1]), Value(std::nearbyint(sorted[l].value / unit)), result);
    return result;
  }
  static float scale(const state& s) noexcept { return highest(s) / Codes::max_code; }

  /// Moves the basis to at least 0.
  static void limit(state& s) noexcept {
    for (float& v : s.basis) v = (std::max)(v, 0.0f);
  }
  static bool observe(state& s, std::span<const float> values, role r) noexcept {
    alone all;
    return observe(s, values, r, all);
  }
  /// Overload for the values of several processes.
  template <class All>
  static bool observe(state& s, std::span<const float> values, role, All& all) {
    double sums[] = {0, static_cast<double>(values.size())};
    for (const float x : values) sums[0] += static_cast<double>(x) * static_cast<double>(x);
    all.sum(sums);
    if (!std::isfinite(sums[0])) return false;
    if (highest(s) > 0) {
      fit(s, values, momentum, all);
    } else if (sums[0] > 0) {
      // The authors' program assumes N(0, 1) before the relu. A relu then leaves values of root mean square 1/sqrt(2).
      const double deviation = std::sqrt(sums[0] / sums[1]) * (Low < 0 ? 1 : std::sqrt(2.0));
      const double top = upper_quartile * deviation * (Low < 0 ? 2.0 * (levels - 1) / levels : 2.0);
      for (std::size_t k = 0; k < index(Bits); ++k) s.basis[k] = bounded_float(top * (1 << k) / (levels - 1));
      for (int round = 0; round < first_rounds; ++round) fit(s, values, 0, all);
    }
    return true;
  }

  static constexpr double momentum = 0.9;
  static constexpr int first_rounds = 20;
  static constexpr double upper_quartile = 0.6745;  ///< of N(0, 1)

private:
  struct level {
    float value;
    std::array<std::int8_t, index(Bits)> bits;  ///< b
  };
  using level_list = std::array<level, index(levels)>;

  static float highest(const state& s) noexcept {
    float sum = 0;
    for (const float v : s.basis) sum += v;
    return sum;
  }
  /// Returns all levels in increasing order.
  static level_list sorted_levels(const state& s) noexcept {
    level_list from{}, to{};
    std::size_t count = 1;
    for (std::size_t k = 0; k < index(Bits); ++k) {
      // The levels of k + 1 bits are two copies of the levels of k bits. Both are sorted; this merges them.
      const auto copy = [&](std::size_t i, std::int8_t b) {
        level l = from[i];
        l.value += static_cast<float>(b) * s.basis[k];
        l.bits[k] = b;
        return l;
      };
      for (std::size_t low = 0, high = 0, n = 0; n < 2 * count; ++n) {
        const bool takes_low =
            high == count || (low < count && !(copy(high, 1).value < copy(low, std::int8_t{Low}).value));
        to[n] = takes_low ? copy(low++, std::int8_t{Low}) : copy(high++, 1);
      }
      count *= 2;
      from = to;
    }
    return from;
  }
  static std::array<float, index(levels - 1)> thresholds(const level_list& sorted) noexcept {
    std::array<float, index(levels - 1)> result;
    for (std::size_t l = 1; l < sorted.size(); ++l) result[l - 1] = (sorted[l - 1].value + sorted[l].value) / 2;
    return result;
  }

  /// Assigns each value to the nearest level, fits the basis to this assignment by least squares and moves the state
  /// towards the fitted basis.
  ///
  /// kept  weight of the old basis
  template <class All>
  static void fit(state& s, std::span<const float> values, double kept, All& all) {
    const auto sorted = sorted_levels(s);
    auto sums = interval_sums<index(levels)>(values, thresholds(sorted));
    all.sum(sums);
    std::array<std::array<std::int8_t, index(Bits)>, index(levels)> vectors;
    for (std::size_t l = 0; l < sorted.size(); ++l) vectors[l] = sorted[l].bits;
    const auto fitted = least_squares(vectors, sums, s.basis);
    for (std::size_t k = 0; k < fitted.size(); ++k) {
      // With b in {-1, 1}, -v has the same levels as v.
      const double v = Low < 0 ? (std::abs)(fitted[k]) : (std::max)(fitted[k], 0.0);
      s.basis[k] = bounded_float(kept * static_cast<double>(s.basis[k]) + (1 - kept) * v);
    }
  }
};

}  // namespace detail

/// LQ-Nets' quantizer of weights: the nearest of the 2^Bits levels <v, b>, b in {-1, 1}^Bits. The basis v is fitted to
/// the weights (quantization error minimization, QEM): the weights are assigned to the nearest level, then v is the
/// least-squares solution for this assignment. Each measurement does this once and moves v by 0.1 of the difference.
/// The first measurement starts at levels of equal distance, as the authors' program does, with the root mean square of
/// the weights in place of the deviation of initial weights; it repeats QEM 20 times without the average.
///
/// code      a signed byte. The highest level is 127 steps, and each other level is rounded to whole steps, so an error
///           of a level is at most 1/254 of the highest level. A packed network therefore needs one scale, the step.
///           The paper computes with one bit plane for each v_k; this is not part of the library
/// state     v >= 0; one for each filter, as in the paper, or one for the tensor
/// tie       a weight in the middle between two levels gets the lower one
/// gradient  the estimator's; the range is unbounded (straight-through, section 3.3)
/// source    Zhang et al. 2018 (LQ-Nets), 3.2 and 3.3, Algorithm 1; the moving average is also in the authors' program
template <int Bits, class Granularity = per_channel>
struct lq_weights : detail::fitted_basis<detail::with_granularity<signed_codes<8>, Granularity>, Bits, -1> {
  static_assert(2 <= Bits && Bits <= 4, "minnow: lq_weights has 2 to 4 bits");
  using state = typename detail::fitted_basis<detail::with_granularity<signed_codes<8>, Granularity>, Bits, -1>::state;
  static constexpr text name() {
    return text("lq_weights<") << Bits
                               << (lq_weights::per_channel ? std::string_view(",per_channel>") : std::string_view(">"));
  }
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }
};

/// LQ-Nets' quantizer of inputs after a relu: like `lq_weights` with b in {0, 1}^Bits, so that 0 is the lowest level,
/// and one basis for the tensor. An element of v that the fit moves below 0 becomes 0.
///
/// code    an unsigned byte; the highest level is 255 steps
/// range   [0, the highest level]
/// source  Zhang et al. 2018, 3.2 and 3.3
template <int Bits>
struct lq_inputs : detail::fitted_basis<unsigned_codes<8>, Bits, 0> {
  static_assert(1 <= Bits && Bits <= 4, "minnow: lq_inputs has 1 to 4 bits");
  using state = typename detail::fitted_basis<unsigned_codes<8>, Bits, 0>::state;
  static constexpr text name() { return text("lq_inputs<") << Bits << ">"; }
  static constexpr interval range(const state& s) noexcept {
    float highest = 0;
    for (const float v : s.basis) highest += v;
    return {0, highest};
  }
};

}  // namespace minnow
