#include <minnow/quantize/methods/trained_ternary.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(learned_quantizer<trained_ternary> && state_floats<trained_ternary> == 3 &&
              !trained_ternary::supports(role::inputs));

TEST_SUITE("quantize/methods/trained_ternary") {
  TEST_CASE("has three levels: the larger scale exactly, the smaller to 1/254 of it") {
    for (const auto& scales : {std::pair{0.5f, 0.25f}, {0.1f, 0.73f}, {0.3f, 0.3f}, {0.4f, 0.0f}}) {
      const float positive = scales.first, negative = scales.second;
      const trained_ternary::state s{.positive = positive, .negative = negative, .threshold = 0.05f};
      const float largest = std::max(positive, negative);
      CAPTURE(positive);
      CAPTURE(negative);
      for (const float x : {-3.0f, -0.051f, -0.05f, 0.0f, 0.05f, 0.051f, 0.7f}) {
        const double wanted = std::abs(x) <= 0.05f ? 0 : x > 0 ? positive : -negative;
        CHECK(std::abs(static_cast<double>(quantized<trained_ternary>(x, s)) - wanted) <= largest * (1 / 254.0 + 1e-6));
      }
      CHECK(std::max(std::abs(trained_ternary::code(1.0f, s)), std::abs(trained_ternary::code(-1.0f, s))) == 127);
      CHECK(test::lane_difference(test::with_nan(test::values({0.05f})),
                                  [&](auto x) { return trained_ternary::code(x, s); }) == "");
    }
  }

  TEST_CASE("gradients follow Zhu et al. 2017, Eq. 7 and 8") {
    const trained_ternary::state s{.positive = 0.5f, .negative = 0.25f, .threshold = 0.05f};
    CHECK(trained_ternary::slope(role::weights, 0.2f, s) == 0.5f);
    CHECK(trained_ternary::slope(role::weights, -0.2f, s) == 0.25f);
    CHECK(trained_ternary::slope(role::weights, 0.01f, s) == 1);
    // The quantized value is the learned scale Wp for positive weights, and -Wn for negative weights, where Wn is the
    // second learned scale.
    float sums[3] = {};
    trained_ternary::learn(0.2f, s, 3.0f, sums);
    trained_ternary::learn(0.3f, s, -1.0f, sums);
    trained_ternary::learn(-0.2f, s, 5.0f, sums);
    trained_ternary::learn(0.01f, s, 7.0f, sums);
    CHECK(sums[0] == 2);
    CHECK(sums[1] == -5);
    CHECK(sums[2] == 0);
  }

  TEST_CASE("scales begin with the weights and are then left to the optimizer; the threshold follows") {
    trained_ternary::state s;
    REQUIRE(trained_ternary::observe(s, std::vector<float>{1, -0.5f, 0.01f, -0.75f}, role::weights));
    CHECK(s.threshold == 0.05f);
    CHECK(s.positive == 0.75f);
    CHECK(s.negative == 0.75f);
    s.positive = 2;
    REQUIRE(trained_ternary::observe(s, std::vector<float>{10, -5}, role::weights));
    CHECK(s.positive == 2);
    CHECK(s.threshold == 0.5f);
    s.negative = -0.25f;
    REQUIRE(trained_ternary::observe(s, std::vector<float>{10, -5}, role::weights));
    CHECK(s.positive == 2);
    CHECK(s.negative == 0);
    CHECK_FALSE(trained_ternary::observe(s, std::vector<float>{test::nan}, role::weights));
  }
}
