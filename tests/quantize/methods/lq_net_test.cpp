#include <minnow/quantize/methods/lq_net.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "random_numbers.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<lq_weights<2>> && quantizer<lq_inputs<1>> && !learned_quantizer<lq_weights<2>>);
static_assert(state_floats<lq_weights<3>> == 3 && state_floats<lq_inputs<4>> == 4);
static_assert(lq_weights<2>::per_channel && !lq_weights<2, per_tensor>::per_channel);
static_assert(!lq_weights<2, per_tensor>::supports(role::inputs) && !lq_inputs<2>::supports(role::weights));

namespace lq_net_test {

template <class Q>
constexpr int low_bit = is_unsigned(Q::storage) ? 0 : -1;

/// The levels of Zhang et al. 2018, 3.2, in double precision, with the binary vector of each level.
struct levels {
  std::vector<double> value;
  std::vector<std::vector<double>> bits;
};
template <class Q>
levels levels_of(const typename Q::state& s) {
  std::vector<std::pair<double, std::vector<double>>> all;
  for (int n = 0; n < Q::levels; ++n) {
    double value = 0;
    std::vector<double> b;
    for (std::size_t k = 0; k < s.basis.size(); ++k) {
      b.push_back((n >> k) % 2 == 1 ? 1 : low_bit<Q>);
      value += b.back() * static_cast<double>(s.basis[k]);
    }
    all.emplace_back(value, b);
  }
  std::sort(all.begin(), all.end());
  levels result;
  for (const auto& [value, b] : all) {
    result.value.push_back(value);
    result.bits.push_back(b);
  }
  return result;
}
/// The index of the level of x. Its thresholds are midway between the levels.
std::size_t index_at(const levels& l, double x) {
  std::size_t i = 0;
  while (i + 1 < l.value.size() && x > (l.value[i] + l.value[i + 1]) / 2) ++i;
  return i;
}
/// The distance of x to the nearest threshold.
double threshold_distance(const levels& l, double x) {
  double nearest = HUGE_VAL;
  for (std::size_t i = 1; i < l.value.size(); ++i)
    nearest = std::min(nearest, std::abs(x - (l.value[i - 1] + l.value[i]) / 2));
  return nearest;
}

template <class Q>
double squared_error(const typename Q::state& s, const std::vector<float>& values) {
  const levels l = levels_of<Q>(s);
  double sum = 0;
  for (const float x : values)
    sum += std::pow(static_cast<double>(x) - l.value[index_at(l, static_cast<double>(x))], 2);
  return sum;
}

/// Values of the normal distribution at equal steps of probability; for inputs the same after a relu.
std::vector<float> normal_values(int count, bool relu) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    // Solves erfc(-x / sqrt 2) / 2 = p by bisection.
    const double p = (i + 0.5) / count;
    double below = -9, above = 9;
    for (int step = 0; step < 60; ++step) {
      const double middle = (below + above) / 2;
      (std::erfc(-middle / std::sqrt(2.0)) / 2 < p ? below : above) = middle;
    }
    values.push_back(relu ? std::max(static_cast<float>(below), 0.0f) : static_cast<float>(below));
  }
  return values;
}

/// Sums over two processes that hold the same values.
struct two_equal_processes {
  void sum(std::span<double> numbers) const {
    for (double& n : numbers) n *= 2;
  }
};

}  // namespace lq_net_test

using namespace lq_net_test;

TEST_SUITE("quantize/methods/lq_net") {
  TEST_CASE_TEMPLATE("a value gets the nearest of the levels <v, b>, rounded to a whole step", q, lq_weights<2>,
                     lq_weights<3, per_tensor>, lq_weights<4>, lq_inputs<1>, lq_inputs<2>, lq_inputs<3>, lq_inputs<4>) {
    for (const std::array<float, 4> v : {std::array{0.1f, 0.2f, 0.4f, 0.8f},
                                         {0.9f, 0.25f, 0.6f, 0.55f},
                                         {1.0f, 0.5f, 0.0f, 0.125f},
                                         {3e-20f, 2e-20f, 5e-20f, 1e-20f}}) {
      typename q::state s;
      std::copy_n(v.begin(), s.basis.size(), s.basis.begin());
      const levels l = levels_of<q>(s);
      const double top = l.value.back();
      CAPTURE(v[0]);
      std::vector<float> xs = test::values();
      for (const float x : test::uniform(4000, 3, -2, 2)) xs.push_back(x * static_cast<float>(top));
      double worst = 0;
      for (const float x : xs) {
        const auto exact = static_cast<double>(x);
        if (threshold_distance(l, exact) <= 1e-6 * top) continue;
        worst = std::max(worst, std::abs(static_cast<double>(q::code(x, s)) * static_cast<double>(q::scale(s)) -
                                         l.value[index_at(l, exact)]));
      }
      CHECK(worst <= top * (0.5 / q::max_code + 1e-6));
      CHECK(q::code(test::infinity, s) == q::max_code);
      CHECK(q::code(-test::infinity, s) == (low_bit<q> == 0 ? 0 : -127));
      CHECK(q::code(test::nan, s) == q::code(-test::infinity, s));
      CHECK(never_falls<q>(s));
      CHECK(test::lane_difference(test::with_nan(xs), [&](auto x) { return q::code(x, s); }) == "");
    }
  }

  TEST_CASE("a value in the middle between two levels gets the lower one") {
    const lq_weights<2>::state s{.basis = {0.5f, 1}};
    CHECK(lq_weights<2>::code(0.0f, s) == lq_weights<2>::code(-0.5f, s));
    CHECK(lq_weights<2>::code(1.0f, s) == lq_weights<2>::code(0.5f, s));
    CHECK(lq_inputs<2>::code(0.25f, {.basis = {0.5f, 1}}) == 0);
  }

  TEST_CASE_TEMPLATE("a measurement moves v by 0.1 towards the least-squares solution of the assignment", q,
                     lq_weights<2>, lq_weights<3>, lq_weights<4>, lq_inputs<1>, lq_inputs<2>, lq_inputs<3>,
                     lq_inputs<4>) {
    const auto values = test::uniform(700, 8, low_bit<q> == 0 ? 0.0f : -1.1f, 1.4f);
    typename q::state before;
    for (std::size_t k = 0; k < before.basis.size(); ++k)
      before.basis[k] = 0.13f * static_cast<float>(1 << k) / state_floats<q>;
    typename q::state after = before;
    REQUIRE(q::observe(after, values, role::weights));
    const levels l = levels_of<q>(before);
    std::vector<double> fitted;
    for (std::size_t k = 0; k < before.basis.size(); ++k)
      fitted.push_back((static_cast<double>(after.basis[k]) - 0.9 * static_cast<double>(before.basis[k])) / 0.1);
    // Least squares: the residual x - B v is orthogonal to every row of B.
    for (std::size_t k = 0; k < fitted.size(); ++k) {
      double along = 0, length = 0;
      for (const float x : values) {
        const auto& b = l.bits[index_at(l, static_cast<double>(x))];
        double rest = static_cast<double>(x);
        for (std::size_t j = 0; j < fitted.size(); ++j) rest -= b[j] * fitted[j];
        along += b[k] * rest;
        length += std::abs(b[k] * rest);
      }
      CHECK(length > 1);
      CHECK(std::abs(along) <= 1e-4 * length);
    }
  }

  TEST_CASE("two bits converge to the levels of Max 1960 for normally distributed weights") {
    lq_weights<2>::state s;
    const auto values = normal_values(4000, false);
    for (int step = 0; step < 200; ++step) REQUIRE(lq_weights<2>::observe(s, values, role::weights));
    std::sort(s.basis.begin(), s.basis.end());
    CHECK(s.basis[1] - s.basis[0] == doctest::Approx(0.4528).epsilon(2e-3));
    CHECK(s.basis[1] + s.basis[0] == doctest::Approx(1.510).epsilon(2e-3));
  }

  TEST_CASE_TEMPLATE("the first measurement has less error than levels of equal distance, and later ones not more", q,
                     lq_weights<2>, lq_weights<3>, lq_weights<4>, lq_inputs<2>, lq_inputs<3>, lq_inputs<4>) {
    const auto values = normal_values(1000, low_bit<q> == 0);
    double squares = 0;
    for (const float x : values) squares += std::pow(static_cast<double>(x), 2);
    typename q::state s, even;
    for (std::size_t k = 0; k < even.basis.size(); ++k)
      even.basis[k] = static_cast<float>(2 * std::sqrt(squares / 1000) * (1 << k) / (q::levels - 1));
    REQUIRE(q::observe(s, values, role::weights));
    double error = squared_error<q>(s, values);
    CHECK(error < 0.99 * squared_error<q>(even, values));
    for (int step = 0; step < 10; ++step) {
      REQUIRE(q::observe(s, values, role::weights));
      const double now = squared_error<q>(s, values);
      CHECK(now <= error * (1 + 1e-6));
      error = now;
    }
  }

  TEST_CASE("values that are levels give their basis") {
    lq_weights<2>::state w;
    REQUIRE(lq_weights<2>::observe(w, std::vector<float>{1, 3, -1, -3, 3}, role::weights));
    CHECK(w.basis[0] == doctest::Approx(1));
    CHECK(w.basis[1] == doctest::Approx(2));
    lq_inputs<2>::state a;
    REQUIRE(lq_inputs<2>::observe(a, std::vector<float>{0, 3, 1, 2}, role::inputs));
    CHECK(a.basis[0] == doctest::Approx(1));
    CHECK(a.basis[1] == doctest::Approx(2));
    CHECK(lq_inputs<2>::range(a).low == 0);
    CHECK(lq_inputs<2>::range(a).high == a.basis[0] + a.basis[1]);
  }

  TEST_CASE_TEMPLATE("few, equal, huge or zero values leave a state that can be packed", q, lq_weights<2>,
                     lq_weights<4>, lq_inputs<1>, lq_inputs<4>) {
    for (const auto& values :
         {std::vector<float>{0.5f}, {-0.5f}, {0.25f, 0.25f, 0.25f}, {3e38f, -3e38f, 1e38f}, {1e-44f, 0}, {0, 0}, {}}) {
      typename q::state s;
      for (int step = 0; step < 3; ++step) {
        REQUIRE(q::observe(s, values, role::weights));
        CHECK(is_sound<q>(s));
        CHECK(std::isfinite(q::scale(s)));
        for (const float x : {-1.0f, 0.0f, 1.0f, 3e38f}) CHECK(std::abs(q::code(x, s)) <= q::max_code);
      }
    }
    typename q::state s;
    REQUIRE(q::observe(s, std::vector<float>{0, 0}, role::weights));
    CHECK(q::code(1.0f, s) == 0);
    REQUIRE(q::observe(s, std::vector<float>{0.5f, 1}, role::weights));
    CHECK(q::scale(s) > 0);
    const typename q::state kept = s;
    for (const float bad : {test::nan, test::infinity, -test::infinity})
      CHECK_FALSE(q::observe(s, std::vector<float>{1, bad}, role::weights));
    CHECK(s.basis == kept.basis);
  }

  TEST_CASE_TEMPLATE("several processes measure the values of all", q, lq_weights<3>, lq_inputs<3>) {
    const auto half = test::uniform(300, 4, low_bit<q> == 0 ? 0.0f : -1.0f, 1);
    auto whole = half;
    whole.insert(whole.end(), half.begin(), half.end());
    typename q::state one, shared;
    two_equal_processes all;
    for (int step = 0; step < 3; ++step) {
      REQUIRE(q::observe(one, whole, role::inputs));
      REQUIRE(q::observe(shared, half, role::inputs, all));
      for (std::size_t k = 0; k < one.basis.size(); ++k)
        CHECK(shared.basis[k] == doctest::Approx(one.basis[k]).epsilon(1e-6));
    }
  }

  TEST_CASE("has stable names") {
    CHECK(lq_weights<2>::name().view() == "lq_weights<2,per_channel>");
    CHECK(lq_weights<3, per_tensor>::name().view() == "lq_weights<3>");
    CHECK(lq_inputs<2>::name().view() == "lq_inputs<2>");
  }
}
