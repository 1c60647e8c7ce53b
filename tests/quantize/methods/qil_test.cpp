#include <minnow/quantize/methods/qil.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lanes.hpp"
#include "random_numbers.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(learned_quantizer<qil_weights<4>> && state_floats<qil_weights<4>> == 3 &&
              !qil_weights<4>::supports(role::inputs));
static_assert(learned_quantizer<qil_inputs<4>> && state_floats<qil_inputs<4>> == 2 &&
              !qil_inputs<4>::supports(role::weights));
static_assert(qil_weights<2>::max_code == 1 && qil_weights<8>::max_code == 127 && qil_inputs<2>::max_code == 3);

namespace qil_test {

/// Computes the transformer of inputs (Jung et al. 2019, section 3) in double precision.
double transformed_input(double x, double center, double distance) {
  if (x < center - distance) return 0;
  if (x > center + distance) return 1;
  return 0.5 / distance * x + (0.5 - 0.5 * center / distance);
}

/// Computes the transformer of weights.
double transformed_weight(double w, double center, double distance, double gamma) {
  const double magnitude = std::abs(w), sign = w < 0 ? -1 : w > 0 ? 1 : 0;
  if (magnitude < center - distance) return 0;
  if (magnitude > center + distance) return sign;
  return sign * std::pow(0.5 / distance * magnitude + (0.5 - 0.5 * center / distance), gamma);
}

/// Returns true if rounding errors of floats may move `place` across a tie of the rounding.
bool beside_tie(double place) { return std::abs(std::abs(place) - std::floor(std::abs(place)) - 0.5) < 2e-4; }

template <class F>
double qil_derivative(F f, double at) {
  const double h = 1e-6;
  return (f(at + h) - f(at - h)) / (2 * h);
}

/// Returns true if finite differences at x do not cross an end of the interval.
bool within_one_part(double x, double center, double distance) {
  return std::abs(std::abs(x) - (center - distance)) > 1e-4 && std::abs(std::abs(x) - (center + distance)) > 1e-4;
}

struct weight_state {
  float center, distance, gamma;
};
constexpr weight_state weight_states[] = {{0.5f, 0.25f, 1}, {0.6f, 0.55f, 0.5f},   {0.25f, 0.25f, 1.75f},
                                          {0.3f, 0.4f, 3},  {1.0f, 0.125f, 0.25f}, {0.1f, 0.4f, 1}};

}  // namespace qil_test

using namespace qil_test;

TEST_SUITE("quantize/methods/qil") {
  TEST_CASE_TEMPLATE("codes of weights follow the formula", q, qil_weights<2>, qil_weights<3>, qil_weights<4>,
                     qil_weights<8>) {
    const double levels = q::max_code;
    CHECK(static_cast<double>(q::scale({})) == doctest::Approx(1 / levels));
    for (const auto& [center, distance, gamma] : weight_states) {
      const typename q::state s{center, distance, gamma};
      CAPTURE(center);
      CAPTURE(distance);
      CAPTURE(gamma);
      int ties = 0, count = 0;
      for (const float w : test::values({center - distance, center + distance})) {
        const double place = levels * transformed_weight(w, center, distance, gamma);
        const double found = q::code(w, s);
        ++count;
        if (found == std::nearbyint(place)) continue;
        ++ties;
        CAPTURE(w);
        CHECK(beside_tie(place));
        CHECK(std::abs(found - std::nearbyint(place)) == 1);
      }
      CHECK(ties < count / 100);
      CHECK(q::code(test::nan, s) == 0);
      CHECK(q::code(test::infinity, s) == levels);
      CHECK(q::code(-test::infinity, s) == -levels);
    }
  }

  TEST_CASE("gradients of weights are finite differences of the transformer, in w, center, distance and gamma") {
    using q = qil_weights<3>;
    int inside = 0, outside = 0;
    for (const auto& [center, distance, gamma] : weight_states) {
      const q::state s{center, distance, gamma};
      const double c = center, d = distance, y = gamma;
      for (const float w : test::uniform(300, 5, -1.3f, 1.3f)) {
        const double x = w;
        if (!within_one_part(x, c, d) || std::abs(w) < 1e-3f) continue;
        CAPTURE(w);
        const double wanted[] = {
            qil_derivative([&](double v) { return transformed_weight(v, c, d, y); }, x),
            qil_derivative([&](double v) { return transformed_weight(x, v, d, y); }, c),
            qil_derivative([&](double v) { return transformed_weight(x, c, v, y); }, d),
            qil_derivative([&](double v) { return transformed_weight(x, c, d, v); }, y),
        };
        float found[3] = {};
        q::learn(w, s, 1.0f, found);
        CHECK(q::slope(role::weights, w, s) == doctest::Approx(wanted[0]).epsilon(1e-3));
        for (int i = 0; i < 3; ++i) CHECK(found[i] == doctest::Approx(wanted[i + 1]).epsilon(1e-3));
        (wanted[0] == 0 ? outside : inside) += 1;
        float opposite[3] = {};
        q::learn(w, s, -1.0f, opposite);
        for (int i = 0; i < 3; ++i) CHECK(opposite[i] == -found[i]);
      }
    }
    CHECK(inside > 300);
    CHECK(outside > 300);
  }

  TEST_CASE_TEMPLATE("codes of inputs follow the formula", q, qil_inputs<1>, qil_inputs<2>, qil_inputs<4>,
                     qil_inputs<8>) {
    const double levels = q::max_code;
    for (const auto& [center, distance, gamma] : weight_states) {
      const typename q::state s{center, distance};
      CAPTURE(center);
      CAPTURE(distance);
      int ties = 0, count = 0;
      for (const float x : test::values({center - distance, center + distance})) {
        const double place = levels * transformed_input(x, center, distance);
        const double found = q::code(x, s);
        ++count;
        if (found == std::nearbyint(place)) continue;
        ++ties;
        CAPTURE(x);
        CHECK(beside_tie(place));
        CHECK(std::abs(found - std::nearbyint(place)) == 1);
      }
      CHECK(ties < count / 100);
      CHECK(q::code(test::nan, s) == 0);
      CHECK(test::lane_difference(test::with_nan(test::values({center - distance})),
                                  [&](auto x) { return q::code(x, s); }) == "");
    }
    CHECK(static_cast<double>(q::scale({})) == doctest::Approx(1 / levels));
  }

  TEST_CASE("gradients of inputs are finite differences of the transformer, in x, center and distance") {
    using q = qil_inputs<3>;
    for (const auto& [center, distance, gamma] : weight_states) {
      const q::state s{center, distance};
      const double c = center, d = distance;
      for (const float input : test::uniform(300, 6, -0.5f, 1.5f)) {
        const double x = input;
        if (!within_one_part(x, c, d)) continue;
        const bool inside = q::range(s).low <= input && input <= q::range(s).high;
        CAPTURE(input);
        CHECK((inside ? q::slope(role::inputs, input, s) : 0) ==
              doctest::Approx(qil_derivative([&](double v) { return transformed_input(v, c, d); }, x)).epsilon(1e-4));
        float found[2] = {};
        q::learn(input, s, 1.0f, found);
        CHECK(found[0] ==
              doctest::Approx(qil_derivative([&](double v) { return transformed_input(x, v, d); }, c)).epsilon(1e-4));
        CHECK(found[1] ==
              doctest::Approx(qil_derivative([&](double v) { return transformed_input(x, c, v); }, d)).epsilon(1e-4));
      }
      for (int i = 0; i < 2; ++i)
        CHECK(test::lane_difference(test::uniform(400, 7, -0.5f, 1.5f), [&](auto x) {
                using value = decltype(x);
                value sums[2] = {value(0.0f), value(0.0f)};
                q::learn(x, s, value(2.0f), sums);
                return sums[i];
              }) == "");
    }
  }

  TEST_CASE("the interval of weights begins with their mean magnitude and is then left to the optimizer") {
    using q = qil_weights<4>;
    q::state s;
    REQUIRE(q::observe(s, std::vector<float>{1, -0.5f, 0, -0.75f}, role::weights));
    CHECK(s.center == 0.75f);
    CHECK(s.distance == 0.75f);
    CHECK(s.gamma == 1);
    s = {.center = 0.5f, .distance = 0.125f, .gamma = 2};
    REQUIRE(q::observe(s, std::vector<float>{10, -0.6f}, role::weights));
    CHECK(s.center == 0.5f);
    CHECK(s.distance == 0.125f);
    CHECK_FALSE(q::observe(s, std::vector<float>{test::nan, 0.5f}, role::weights));
    CHECK_FALSE(q::observe(s, std::vector<float>{-test::infinity, 0.5f}, role::weights));
    CHECK(s.center == 0.5f);
  }

  TEST_CASE("an interval that contains no weight begins again, with its gamma") {
    using q = qil_weights<4>;
    for (const q::state& beside : {q::state{3, 1, 2}, q::state{0.25f, 0.125f, 2}}) {
      q::state s = beside;
      REQUIRE(q::observe(s, std::vector<float>{1, -0.5f, -0.75f}, role::weights));
      CHECK(s.center == 0.75f);
      CHECK(s.distance == 0.75f);
      CHECK(s.gamma == 2);
    }
    q::state zeros;
    REQUIRE(q::observe(zeros, std::vector<float>{0, 0}, role::weights));
    CHECK(q::code(0.0f, zeros) == 0);
    REQUIRE(q::observe(zeros, std::vector<float>{0.5f, 0}, role::weights));
    CHECK(zeros.center == 0.5f);
  }

  TEST_CASE("the interval of inputs begins with the mean of what is above 0") {
    using q = qil_inputs<4>;
    q::state s;
    CHECK(q::code(5.0f, s) == 0);
    REQUIRE(q::observe(s, std::vector<float>{-9, 1, 3, 0}, role::inputs));
    CHECK(s.center == 2);
    CHECK(s.distance == 2);
    REQUIRE(q::observe(s, std::vector<float>{-1, 0.125f}, role::inputs));
    CHECK(s.center == 2);
    REQUIRE(q::observe(s, std::vector<float>{-1, 8}, role::inputs));
    CHECK(s.center == 8);
    CHECK_FALSE(q::observe(s, std::vector<float>{test::nan}, role::inputs));
    CHECK_FALSE(q::observe(s, std::vector<float>{-test::infinity, 1}, role::inputs));
  }

  TEST_CASE("the center stays at or above 0, the distance above 0, gamma at or above 1/4") {
    qil_weights<4>::state w{-1, -1, -1};
    qil_weights<4>::limit(w);
    CHECK(w.center == 0);
    CHECK(w.distance == qil_weights<4>::learned::least);
    CHECK(w.gamma == 0.25f);
    qil_inputs<4>::state x{-1, -1};
    qil_inputs<4>::limit(x);
    CHECK(x.center == 0);
    CHECK(x.distance == qil_inputs<4>::learned::least);
  }
}
