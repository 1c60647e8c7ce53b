#include <minnow/quantize/methods/fine_ternary.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "random_numbers.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<fine_ternary<4>> && state_floats<fine_ternary<4>> == 3 && fine_ternary<4>::per_channel);
static_assert(!fine_ternary<4>::supports(role::inputs) && !learned_quantizer<fine_ternary<4>>);

TEST_SUITE("quantize/methods/fine_ternary") {
  TEST_CASE("a group has the threshold and the scale of Li & Liu 2016, Eq. 5 and 6") {
    using q = fine_ternary<5>;
    const std::vector<float> group{0.5f, -0.25f, 0.125f, -1, 0.0625f};
    q::state s;
    REQUIRE(q::observe(s, group, role::weights));
    // The mean of |w| is 0.3875, so D is 0.27125; 0.5 and -1 are above it.
    CHECK(s.threshold == doctest::Approx(0.27125));
    CHECK(s.scale == 0.75f);
    CHECK(quantized<q>(0.5f, s) == doctest::Approx(0.75));
    CHECK(quantized<q>(-1.0f, s) == doctest::Approx(-0.75));
    CHECK(quantized<q>(-0.25f, s) == 0);
    CHECK(q::code(s.threshold, s) == 0);
    CHECK(q::code(-s.threshold, s) == 0);
    CHECK(q::code(test::nan, s) == 0);
    CHECK(q::code(-test::infinity, s) == -127);
    CHECK(test::lane_difference(test::with_nan(test::values({s.threshold})), [&](auto x) { return q::code(x, s); }) ==
          "");
  }

  TEST_CASE("groups of a filter share the step, and their scales are whole steps") {
    using q = fine_ternary<8>;
    std::vector<q::state> filter(9);
    const auto w = test::uniform(72, 4, -1, 1);
    double largest = 0;
    std::vector<double> scales;
    for (std::size_t g = 0; g < filter.size(); ++g) {
      std::vector<float> group(w.begin() + static_cast<std::ptrdiff_t>(8 * g),
                               w.begin() + static_cast<std::ptrdiff_t>(8 * g + 8));
      for (float& x : group) x *= static_cast<float>(g * g);  // the first group holds zeros only
      REQUIRE(q::observe(filter[g], group, role::weights));
      double mean = 0, sum = 0, above = 0;
      for (const float x : group) mean += std::abs(static_cast<double>(x)) / 8;
      for (const float x : group)
        if (std::abs(static_cast<double>(x)) > 0.7 * mean) {
          sum += std::abs(static_cast<double>(x));
          above += 1;
        }
      scales.push_back(above > 0 ? sum / above : 0);
      largest = std::max(largest, scales.back());
    }
    q::share(filter);
    for (std::size_t g = 0; g < filter.size(); ++g) {
      CHECK(q::scale(filter[g]) == q::scale(filter[0]));
      const double found = static_cast<double>(quantized<q>(test::infinity, filter[g]));
      CHECK(std::abs(found - scales[g]) <= largest * (1 / 254.0 + 1e-6));
      CHECK(is_sound<q>(filter[g]));
    }
    CHECK(q::code(1.0f, filter[0]) == 0);
    CHECK(q::code(1e9f, filter[8]) == 127);
  }

  TEST_CASE("a code stays in a byte for any state inside the bounds, and bad weights are refused") {
    using q = fine_ternary<4>;
    CHECK(q::code(1.0f, {.threshold = 0, .scale = 3e38f, .step = 1e-30f}) == 127);
    CHECK(q::code(1.0f, {.threshold = 0, .scale = 1, .step = 0}) == 0);
    q::state s;
    CHECK_FALSE(q::observe(s, std::vector<float>{1, test::nan}, role::weights));
    CHECK_FALSE(q::observe(s, std::vector<float>{1, -test::infinity}, role::weights));
    REQUIRE(q::observe(s, std::vector<float>{0, 0}, role::weights));
    CHECK(q::scale(s) == 0);
  }

  TEST_CASE("has a stable name") { CHECK(fine_ternary<64>::name().view() == "fine_ternary<64>"); }
}
