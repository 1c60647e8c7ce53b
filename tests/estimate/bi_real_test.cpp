#include <minnow/estimate/bi_real.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(estimator<bi_real> && !bi_real::stochastic);

TEST_SUITE("estimate/bi_real") {
  TEST_CASE("inputs' slope is the derivative of the polynomial near the sign, weights' the straight-through one") {
    // Computes Eq. 5 of Liu et al. 2018, a piecewise polynomial with the pieces -1, 2a + a^2, 2a - a^2 and 1.
    const auto polynomial = [](double a) { return a < -1 ? -1 : a < 0 ? 2 * a + a * a : a < 1 ? 2 * a - a * a : 1; };
    for (const float a : {-2.5f, -0.9f, -0.3f, 0.2f, 0.75f, 1.7f}) {
      const double h = 1e-6;
      const double wanted = (polynomial(a + h) - polynomial(a - h)) / (2 * h);
      CHECK(bi_real::slope(role::inputs, 0.5f, a, std::abs(a) <= 1) == doctest::Approx(wanted).epsilon(1e-5));
      CHECK(bi_real::slope(role::weights, 0.5f, a, std::abs(a) <= 1) == (std::abs(a) <= 1 ? 1 : 0));
    }
    CHECK(bi_real::quantized_fraction(0.3f) == 1);
    CHECK(bi_real::learning_rate_scale(0.3f) == 1);
  }

  TEST_CASE("is the same for a SIMD batch") {
    using std::abs;
    CHECK(test::lane_difference(test::values(), [](auto a) {
            return bi_real::slope(role::inputs, 0.5f, a, abs(a) <= decltype(a)(1));
          }) == "");
  }
}
