#include <minnow/core/scalar.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(scalar::select(true, 1.0f, 2.0f) == 1 && scalar::select(false, 1.0, 2.0) == 2);
static_assert(scalar::abs(-2.5f) == 2.5f && scalar::abs(2.5) == 2.5);
static_assert(scalar::min(1.0f, 2.0f) == 1 && scalar::max(1.0f, 2.0f) == 2);
static_assert(scalar::clamp(3.0f, -1.0f, 1.0f) == 1 && scalar::clamp(-3.0, -1.0, 1.0) == -1);

TEST_SUITE("core/scalar") {
  TEST_CASE("clamp goes into the interval and leaves NaN") {
    const auto xs = test::values({2.5f});
    const auto clamp = [](auto x) { return scalar::clamp(x, decltype(x)(-1), decltype(x)(2.5f)); };
    CHECK(test::difference(xs, clamp, [](double x) { return std::min(2.5, std::max(-1.0, x)); }) == "");
    CHECK(std::isnan(clamp(test::nan)));
    CHECK(test::lane_difference(test::with_nan(xs), clamp) == "");
  }

  TEST_CASE("nearbyint rounds ties to even") {
    std::vector<float> ties;
    for (int i = 0; i < 200; ++i) ties.push_back(static_cast<float>(i) + 0.5f);
    const auto xs = test::values(ties);
    const auto round = [](auto x) {
      using scalar::nearbyint;
      return nearbyint(x);
    };
    // Rounds to the nearest integer, ties to even, independent of the rounding mode.
    const auto formula = [](double x) {
      const double below = std::floor(x);
      const double part = x - below;
      if (std::isinf(x) || part == 0) return x;
      if (part != 0.5) return part < 0.5 ? below : below + 1;
      return std::fmod(below, 2) == 0 ? below : below + 1;
    };
    CHECK(test::difference(xs, round, formula) == "");
    CHECK(test::lane_difference(xs, round) == "");
  }

  TEST_CASE("floor is the largest integer that is not above") {
    const auto xs = test::values({0.5f, 2, 0x1p22f});
    const auto rounded = [](auto x) {
      using scalar::floor;
      return floor(x);
    };
    // x - frac(x), with a fraction in [0, 1)
    const auto formula = [](double x) {
      const double part = std::isinf(x) ? 0 : std::fmod(x, 1);
      return part < 0 ? x - part - 1 : x - part;
    };
    CHECK(test::difference(xs, rounded, formula) == "");
    CHECK(test::lane_difference(test::with_nan(xs), rounded) == "");
  }

  TEST_CASE("fma rounds once") {
    // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24. A rounded product would lose the last term.
    const float x = 1 + 0x1p-12f;
    CHECK(scalar::fma(x, x, -(1 + 0x1p-11f)) == 0x1p-24f);
  }

  TEST_CASE("abs, min, max and select are the same for a SIMD batch") {
    const auto all = [](auto x) {
      using scalar::abs;
      using scalar::max;
      using scalar::min;
      using scalar::select;
      using value = decltype(x);
      return select(x > value(0.5f), max(x, value(2)), min(abs(x), value(0.25f)));
    };
    CHECK(test::lane_difference(test::values({0.25f, 0.5f, 2.0f}), all) == "");
  }
}
