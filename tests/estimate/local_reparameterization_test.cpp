#include <minnow/estimate/local_reparameterization.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "values.hpp"

using namespace minnow;

static_assert(estimator<local_reparameterization<>> && !local_reparameterization<>::stochastic);
static_assert(local_reparameterization<>::reparameterizes && local_reparameterization<>::regularization == 0);
static_assert(local_reparameterization<1, 1'000'000>::regularization == 1e-6f);
static_assert(local_reparameterization<1, 100'000'000'000>::regularization == 1e-11f);

TEST_SUITE("estimate/local_reparameterization") {
  TEST_CASE("inputs have the straight-through slope, and alpha has no effect") {
    using lr = local_reparameterization<1, 3>;
    for (const float a : test::values())
      for (const float alpha : {0.0f, 0.3f, 1.0f}) {
        const bool inside = std::abs(a) <= 1;
        CHECK(lr::slope(role::inputs, alpha, a, inside) == (inside ? 1 : 0));
        CHECK(lr::quantized_fraction(alpha) == 1);
        CHECK(lr::learning_rate_scale(alpha) == 1);
      }
  }

  TEST_CASE("has stable names") {
    CHECK(local_reparameterization<>::name().view() == "local_reparameterization");
    CHECK(local_reparameterization<1, 1'000'000>::name().view() == "local_reparameterization<1/1000000>");
  }
}
