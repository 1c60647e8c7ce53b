#include <minnow/quantize/methods/abc_net.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "random_numbers.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<abc_weights<3>> && quantizer<abc_inputs<3>> && learned_quantizer<abc_inputs<3>>);
static_assert(!learned_quantizer<abc_weights<3>> && state_floats<abc_weights<3>> == 6);
static_assert(abc_weights<3, per_channel>::per_channel && !abc_weights<3>::supports(role::inputs) &&
              !abc_inputs<3>::supports(role::weights));

namespace abc_net_test {

/// The shifts u and the signs of Lin et al. 2017, 3.1, in double precision.
template <int M>
double shift(int m) {
  return M == 1 ? 0 : -1 + 2.0 * (m - 1) / (M - 1);
}
struct moments {
  double mean = 0, deviation = 0;
};
moments moments_of(const std::vector<float>& w) {
  moments result;
  for (const float x : w) result.mean += static_cast<double>(x) / static_cast<double>(w.size());
  double squares = 0;
  for (const float x : w) squares += std::pow(static_cast<double>(x) - result.mean, 2);
  result.deviation = std::sqrt(squares / static_cast<double>(w.size()));
  return result;
}
template <int M>
double weight_sign(double w, const moments& of, int m) {
  return w - of.mean + shift<M>(m) * of.deviation > 0 ? 1 : -1;
}
/// The sign A_n of Lin et al. 2017, 3.2.
double input_sign(double x, double v) { return 2 * (std::clamp(x + v, 0.0, 1.0) >= 0.5 ? 1 : 0) - 1; }

template <class Q>
constexpr int bases = state_floats<Q> / 2;

/// Multipliers that the codes must have, from the scales in double precision.
template <class Scales>
std::vector<double> multipliers(const Scales& scales, double step) {
  std::vector<double> result;
  for (const float a : scales) result.push_back(std::nearbyint(static_cast<double>(a) / step));
  return result;
}

template <class Q>
typename Q::state some_inputs() {
  typename Q::state s;
  for (std::size_t n = 0; n < s.scales.size(); ++n) {
    s.scales[n] = 0.31f + 0.17f * static_cast<float>(n * n);
    s.shifts[n] = 1.25f - 0.625f * static_cast<float>(n);
  }
  return s;
}

}  // namespace abc_net_test

using namespace abc_net_test;

TEST_SUITE("quantize/methods/abc_net") {
  TEST_CASE_TEMPLATE("weights are sums of the paper's signs, with least-squares scales", q, abc_weights<1>,
                     abc_weights<2>, abc_weights<3>, abc_weights<5>, abc_weights<3, per_channel>) {
    constexpr int count = bases<q>;
    auto w = test::uniform(900, 5, -1.3f, 1.6f);
    for (float& x : w) x = x * x * x;  // not symmetric, and denser near 0
    typename q::state s;
    REQUIRE(q::observe(s, w, role::weights));
    const moments of = moments_of(w);

    // Least squares: the residual w - sum a_m B_m is orthogonal to every B_m.
    for (int m = 1; m <= count; ++m) {
      double along = 0, length = 0;
      for (const float x : w) {
        double rest = static_cast<double>(x);
        for (int j = 1; j <= count; ++j)
          rest -= static_cast<double>(s.scales[static_cast<std::size_t>(j - 1)]) *
                  weight_sign<count>(static_cast<double>(x), of, j);
        along += weight_sign<count>(static_cast<double>(x), of, m) * rest;
        length += std::abs(rest);
      }
      CHECK(length > 1);
      CHECK(std::abs(along) <= 1e-5 * length);
    }

    double sum = 0;
    for (const float a : s.scales) sum += static_cast<double>(std::abs(a));
    double worst = 0;
    for (const float x : w) {
      double wanted = 0;
      for (int m = 1; m <= count; ++m)
        wanted += static_cast<double>(s.scales[static_cast<std::size_t>(m - 1)]) *
                  weight_sign<count>(static_cast<double>(x), of, m);
      worst = std::max(worst, std::abs(static_cast<double>(quantized<q>(x, s)) - wanted));
    }
    // Each scale is rounded to a step, so a sum of `count` scales is at most count / 2 steps away.
    CHECK(worst <= sum * (count == 1 ? 1e-6 : count / 2.0 / (127 - (count + 1) / 2) * (1 + 1e-5)));
    CHECK(q::max_code == (count == 1 ? 1 : 127));
    CHECK(std::abs(q::code(test::infinity, s)) <= q::max_code);
    CHECK(std::abs(q::code(test::infinity, s)) >= q::max_code - (count == 1 ? 0 : count + 1));
    CHECK(q::code(-test::infinity, s) == -q::code(test::infinity, s));
    CHECK(q::code(test::nan, s) == q::code(-test::infinity, s));
    CHECK(q::slope(role::weights, 0.1f, s) == doctest::Approx(sum));  // all scales of these weights are positive
    CHECK(test::lane_difference(test::with_nan(test::values()), [&](auto x) { return q::code(x, s); }) == "");
  }

  TEST_CASE_TEMPLATE("inputs are sums of the paper's signs", q, abc_inputs<1>, abc_inputs<2>, abc_inputs<3>,
                     abc_inputs<5>) {
    const auto s = some_inputs<q>();
    double sum = 0;
    for (const float b : s.scales) sum += static_cast<double>(b);
    double worst = 0;
    auto xs = test::values();
    for (const float v : s.shifts) xs.push_back(0.5f - v);  // exact: a tie, which is +1
    for (const float x : xs) {
      double wanted = 0, beside_threshold = HUGE_VAL;
      for (std::size_t n = 0; n < s.scales.size(); ++n) {
        const double from_threshold = static_cast<double>(x) + static_cast<double>(s.shifts[n]) - 0.5;
        if (from_threshold != 0) beside_threshold = std::min(beside_threshold, std::abs(from_threshold));
        wanted +=
            static_cast<double>(s.scales[n]) * input_sign(static_cast<double>(x), static_cast<double>(s.shifts[n]));
      }
      if (beside_threshold < 1e-6) continue;  // x + v is rounded to float
      worst = std::max(worst, std::abs(static_cast<double>(quantized<q>(x, s)) - wanted));
    }
    CHECK(worst <= sum * (bases<q> == 1 ? 1e-6 : bases<q> / 2.0 / (127 - (bases<q> + 1) / 2) * (1 + 1e-5)));
    CHECK(never_falls<q>(s));
    CHECK(q::code(test::nan, s) == q::code(-test::infinity, s));
    CHECK(test::lane_difference(test::with_nan(xs), [&](auto x) { return q::code(x, s); }) == "");
  }

  TEST_CASE("a product is the sum of k_m l_n times the products of the signs B_m and A_n") {
    const auto w = test::uniform(301, 6, -0.3f, 0.2f), x = test::uniform(301, 7, -1.5f, 1.5f);
    abc_weights<3>::state ws;
    REQUIRE(abc_weights<3>::observe(ws, w, role::weights));
    const auto xs = some_inputs<abc_inputs<2>>();
    const auto k = multipliers(ws.scales, static_cast<double>(abc_weights<3>::scale(ws)));
    const auto l = multipliers(xs.scales, static_cast<double>(abc_inputs<2>::scale(xs)));
    const moments of = moments_of(w);
    double by_codes = 0, by_signs = 0;
    for (std::size_t i = 0; i < w.size(); ++i)
      by_codes += static_cast<double>(abc_weights<3>::code(w[i], ws) * abc_inputs<2>::code(x[i], xs));
    for (int m = 1; m <= 3; ++m)
      for (std::size_t n = 0; n < 2; ++n) {
        double equal = 0;
        for (std::size_t i = 0; i < w.size(); ++i)
          equal += weight_sign<3>(static_cast<double>(w[i]), of, m) ==
                           input_sign(static_cast<double>(x[i]), static_cast<double>(xs.shifts[n]))
                       ? 1
                       : 0;
        by_signs += k[static_cast<std::size_t>(m - 1)] * l[n] * (2 * equal - static_cast<double>(w.size()));
      }
    CHECK(by_codes == by_signs);
    CHECK(by_codes != 0);
  }

  TEST_CASE_TEMPLATE("gradients of inputs, scales and shifts are the paper's", q, abc_inputs<1>, abc_inputs<3>) {
    const auto s = some_inputs<q>();
    float sums[2 * bases<q>] = {};
    std::vector<double> wanted(2 * bases<q>, 0);
    for (const float x : test::uniform(500, 9, -3, 3)) {
      const float g = x * x - 1;
      q::learn(x, s, g, sums);
      double slope = 0;
      for (std::size_t n = 0; n < s.scales.size(); ++n) {
        const double shifted = static_cast<double>(x) + static_cast<double>(s.shifts[n]);
        const double passes = shifted >= 0 && shifted <= 1 ? static_cast<double>(s.scales[n]) : 0;
        slope += passes;
        wanted[n] += static_cast<double>(g) * input_sign(static_cast<double>(x), static_cast<double>(s.shifts[n]));
        wanted[s.scales.size() + n] += static_cast<double>(g) * passes;
      }
      CHECK(q::slope(role::inputs, x, s) == doctest::Approx(slope));
      const interval r = q::range(s);
      if (slope > 0) CHECK((x >= r.low && x <= r.high));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(sums[i] == doctest::Approx(wanted[i]).epsilon(1e-4));
    CHECK(q::range(s).high == 1 - s.shifts.back());
    CHECK(q::range(s).low == -s.shifts.front());
  }

  TEST_CASE("inputs start at the thresholds and scales of the first batch, and are then left to the optimizer") {
    const auto first = test::uniform(400, 10, -2, 2);
    abc_weights<3>::state w;
    REQUIRE(abc_weights<3>::observe(w, first, role::weights));
    abc_inputs<3>::state s;
    REQUIRE(abc_inputs<3>::observe(s, first, role::inputs));
    for (std::size_t n = 0; n < 3; ++n) {
      CHECK(s.scales[n] == w.scales[n]);
      CHECK(0.5f - s.shifts[n] == doctest::Approx(w.thresholds[n]));
    }
    s.scales[1] = -0.25f;
    const auto before = s;
    REQUIRE(abc_inputs<3>::observe(s, test::uniform(400, 11, -9, 9), role::inputs));
    CHECK(s.scales[0] == before.scales[0]);
    CHECK(s.scales[1] == 0);
    CHECK(s.shifts == before.shifts);
    s.scales = {};
    REQUIRE(abc_inputs<3>::observe(s, first, role::inputs));
    CHECK(s.scales[0] == w.scales[0]);
    CHECK_FALSE(abc_inputs<3>::observe(s, std::vector<float>{1, test::nan}, role::inputs));
    CHECK_FALSE(abc_weights<3>::observe(w, std::vector<float>{test::infinity, 0}, role::weights));
  }

  TEST_CASE_TEMPLATE("few, equal, huge or zero values leave a state that can be packed", q, abc_weights<1>,
                     abc_weights<5>, abc_inputs<1>, abc_inputs<5>) {
    for (const auto& values :
         {std::vector<float>{0.5f}, {-0.5f}, {0.25f, 0.25f, 0.25f}, {3e38f, -3e38f, 1e38f}, {1e-44f, 0}, {0, 0}, {}}) {
      typename q::state s;
      REQUIRE(q::observe(s, values, role::weights));
      CHECK(is_sound<q>(s));
      CHECK(std::isfinite(q::scale(s)));
      for (const float x : {-1.0f, 0.0f, 1.0f, 3e38f}) CHECK(std::abs(q::code(x, s)) <= q::max_code);
    }
    typename q::state s;
    REQUIRE(q::observe(s, std::vector<float>{0, 0}, role::weights));
    CHECK(quantized<q>(1.0f, s) == 0);
  }

  TEST_CASE("a code of one base is one bit") {
    CHECK(abc_weights<1>::storage == encoding::bit);
    CHECK(abc_inputs<1>::storage == encoding::bit);
    CHECK(abc_weights<2>::storage == encoding::byte);
    // All weights are equal, so none is above the mean, and the scale is minus their value.
    abc_weights<1>::state s;
    REQUIRE(abc_weights<1>::observe(s, std::vector<float>{0.25f, 0.25f}, role::weights));
    CHECK(s.scales[0] == doctest::Approx(-0.25));
    CHECK(abc_weights<1>::code(0.25f, s) == 1);
    CHECK(quantized<abc_weights<1>>(0.25f, s) == doctest::Approx(0.25));
    for (const float x : {-1.0f, 1.0f}) CHECK(std::abs(abc_weights<1>::code(x, {})) == 1);
  }

  TEST_CASE("equal weights have their own value") {
    abc_weights<3>::state s;
    REQUIRE(abc_weights<3>::observe(s, std::vector<float>{-0.25f, -0.25f}, role::weights));
    CHECK(quantized<abc_weights<3>>(-0.25f, s) == doctest::Approx(-0.25).epsilon(0.02));
  }

  TEST_CASE("has stable names") {
    CHECK(abc_weights<3>::name().view() == "abc_weights<3>");
    CHECK(abc_weights<3, per_channel>::name().view() == "abc_weights<3,per_channel>");
    CHECK(abc_inputs<5>::name().view() == "abc_inputs<5>");
  }
}
