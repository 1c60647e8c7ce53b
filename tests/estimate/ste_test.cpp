#include <minnow/estimate/ste.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(estimator<ste>);
static_assert(!ste::stochastic);

TEST_SUITE("estimate/ste") {
  TEST_CASE("passes the gradient inside the range and stops it outside") {
    // Checks Chen et al. 2020, Eq. 5.
    for (const role r : {role::inputs, role::weights})
      CHECK(test::difference(
                test::values(), [&](float a) { return ste::slope(r, 0.5f, a, std::abs(a) <= 1); },
                [](double a) { return std::abs(a) <= 1 ? 1 : 0; }) == "");
  }

  TEST_CASE("the forward value is the quantized one at every alpha") {
    for (const float alpha : {0.0f, 0.3f, 0.5f, 1.0f}) CHECK(ste::quantized_fraction(alpha) == 1);
  }

  TEST_CASE("ignores alpha") {
    for (const float alpha : {0.0f, 0.3f, 0.5f, 1.0f}) {
      CHECK(ste::slope(role::inputs, alpha, 0.2f, true) == 1);
      CHECK(ste::slope(role::inputs, alpha, 2.0f, false) == 0);
      CHECK(ste::learning_rate_scale(alpha) == 1);
    }
  }

  TEST_CASE("is the same for a SIMD batch") {
    using std::abs;
    CHECK(test::lane_difference(test::values(), [](auto a) {
            return ste::slope(role::inputs, 0.5f, a, abs(a) <= decltype(a)(1));
          }) == "");
  }

  TEST_CASE("has a stable name") { CHECK(ste::name().view() == "ste"); }
}
