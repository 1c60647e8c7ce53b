#include <minnow/quantize/methods/scaled_ternary.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<scaled_ternary<>> && quantizer<scaled_ternary<per_channel>>);
static_assert(!scaled_ternary<>::supports(role::inputs) && !is_dyadic<scaled_ternary<>>());

TEST_SUITE("quantize/methods/scaled_ternary") {
  TEST_CASE("has the threshold and the scale of ternary weight networks") {
    // Computes Li & Liu 2016, Eq. 5 and 6, in double precision.
    const auto w = test::uniform(1001, 5, -0.9f, 1.1f);
    double mean = 0;
    for (const float x : w) mean += std::abs(static_cast<double>(x)) / 1001;
    const double threshold = 0.7 * mean;
    double sum = 0, above = 0;
    for (const float x : w)
      if (std::abs(static_cast<double>(x)) > threshold) sum += std::abs(static_cast<double>(x)), ++above;

    scaled_ternary<>::state s;
    REQUIRE(scaled_ternary<>::observe(s, w, role::weights));
    CHECK(s.threshold == doctest::Approx(threshold).epsilon(1e-6));
    CHECK(s.scale == doctest::Approx(sum / above).epsilon(1e-6));
    const auto xs = test::values({s.threshold});
    CHECK(test::difference(
              xs, [&](float x) { return quantized<scaled_ternary<>>(x, s); },
              [&](double x) { return std::abs(x) <= s.threshold ? 0
                                     : x > 0                    ? s.scale
                                                                : -s.scale; }) == "");
    CHECK(test::lane_difference(test::with_nan(xs), [&](auto x) { return scaled_ternary<>::code(x, s); }) == "");
  }

  TEST_CASE("zeros stay zeros, NaN and infinity are refused") {
    scaled_ternary<>::state s;
    CHECK(scaled_ternary<>::observe(s, std::vector<float>(7, 0.0f), role::weights));
    CHECK(s.scale == 0);
    CHECK_FALSE(scaled_ternary<>::observe(s, std::vector<float>{test::nan}, role::weights));
    CHECK_FALSE(scaled_ternary<>::observe(s, std::vector<float>{-test::infinity, 1}, role::weights));
  }
}
