#include <minnow/quantize/methods/scaled_sign.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<scaled_sign<>> && quantizer<scaled_sign<per_tensor>> && !learned_quantizer<scaled_sign<>>);
static_assert(scaled_sign<>::per_channel && !scaled_sign<>::supports(role::inputs) &&
              scaled_sign<per_tensor>::supports(role::inputs));
static_assert(!is_dyadic<scaled_sign<>>());

TEST_SUITE("quantize/methods/scaled_sign") {
  TEST_CASE("is the mean magnitude times the sign") {
    // Computes Rastegari et al. 2016, Eq. 6: the scale for which the scaled sign has the smallest squared error.
    const auto w = test::uniform(997, 3, -0.7f, 0.4f);
    double sum = 0;
    for (const float x : w) sum += std::abs(static_cast<double>(x));
    scaled_sign<>::state s;
    REQUIRE(scaled_sign<>::observe(s, w, role::weights));
    CHECK(std::abs(s.mean - sum / 997) <= std::ldexp(sum / 997, -24));
    CHECK(test::difference(
              test::values(), [&](float x) { return quantized<scaled_sign<>>(x, s); },
              [&](double x) { return x > 0 ? s.mean : -s.mean; }) == "");
    CHECK(test::lane_difference(test::with_nan(test::values()), [&](auto x) { return scaled_sign<>::code(x, s); }) ==
          "");

    const auto error = [&](double scale) {
      double e = 0;
      for (const float x : w) e += std::pow(std::abs(static_cast<double>(x)) - scale, 2);
      return e;
    };
    CHECK(error(s.mean) <= error(s.mean * 1.001));
    CHECK(error(s.mean) <= error(s.mean * 0.999));
  }

  TEST_CASE("weights' gradients are scaled by 1/n + mean, inputs' are not") {
    scaled_sign<>::state s;
    REQUIRE(scaled_sign<>::observe(s, std::vector<float>{0.5f, -1.5f, 0.25f, -0.75f}, role::weights));
    CHECK(scaled_sign<>::slope(role::weights, 0.3f, s) == 0.25f + 0.75f);
    CHECK(scaled_sign<per_tensor>::slope(role::inputs, 0.3f, {.mean = 0.75f, .part = 0.25f}) == 1);
  }

  TEST_CASE("inputs keep a moving mean") {
    scaled_sign<per_tensor>::state s;
    REQUIRE(scaled_sign<per_tensor>::observe(s, std::vector<float>{2, -4}, role::inputs));
    CHECK(s.mean == 3);
    REQUIRE(scaled_sign<per_tensor>::observe(s, std::vector<float>{1, -1}, role::inputs));
    CHECK(s.mean == doctest::Approx(0.99 * 3 + 0.01).epsilon(1e-6));
  }

  TEST_CASE("refuses NaN and infinity") {
    scaled_sign<>::state s{.mean = 1};
    CHECK_FALSE(scaled_sign<>::observe(s, std::vector<float>{1, test::nan}, role::weights));
    CHECK_FALSE(scaled_sign<>::observe(s, std::vector<float>{1, test::infinity}, role::weights));
    CHECK(s.mean == 1);
  }
}
