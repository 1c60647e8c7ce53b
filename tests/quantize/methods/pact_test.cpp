#include <minnow/quantize/methods/pact.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(learned_quantizer<pact<4>> && state_floats<pact<4>> == 1 && !pact<4>::supports(role::weights));

TEST_SUITE("quantize/methods/pact") {
  TEST_CASE_TEMPLATE("rounds what lies between 0 and the clip", q, pact<2>, pact<4>, pact<8>) {
    // Computes Choi et al. 2018, Eq. 1 and 2.
    const typename q::state s{.clip = 2.5f};
    const float unit = q::scale(s);
    CHECK(unit * q::max_code == doctest::Approx(2.5));
    CHECK(test::difference(
              test::values({2.5f}), [&](float x) { return q::code(x, s); },
              [&](double x) {
                return std::clamp(std::nearbyint(static_cast<double>(static_cast<float>(x) / unit)), 0.0,
                                  static_cast<double>(q::max_code));
              }) == "");
    CHECK(test::lane_difference(test::with_nan(test::values({2.5f})), [&](auto x) { return q::code(x, s); }) == "");
  }

  TEST_CASE("the clip's gradient is the sum over what lies above it") {
    // Checks Choi et al. 2018, Eq. 3.
    const pact<4>::state s{.clip = 2};
    float sum[1] = {};
    for (const auto& [x, g] : {std::pair{-1.0f, 1.0f}, {0.5f, 10.0f}, {1.999f, 100.0f}, {2.0f, 3.0f}, {7.0f, -5.0f}})
      pact<4>::learn(x, s, g, sum);
    CHECK(sum[0] == -2);
    CHECK(pact<4>::range(s).low == 0);
    CHECK(pact<4>::range(s).high == 2);
  }

  TEST_CASE("begins with the largest input, is then left to the optimizer, and stays above 0") {
    pact<4>::state s;
    REQUIRE(pact<4>::observe(s, std::vector<float>{-9, 1, 3}, role::inputs));
    CHECK(s.clip == 3);
    REQUIRE(pact<4>::observe(s, std::vector<float>{100}, role::inputs));
    CHECK(s.clip == 3);
    s.clip = -0.5f;
    REQUIRE(pact<4>::observe(s, std::vector<float>{100}, role::inputs));
    CHECK(s.clip == pact<4>::least);
    CHECK_FALSE(pact<4>::observe(s, std::vector<float>{test::nan}, role::inputs));
  }
}
