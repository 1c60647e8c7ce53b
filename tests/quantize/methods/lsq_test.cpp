#include <minnow/quantize/methods/lsq.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lanes.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(learned_quantizer<lsq<4>> && learned_quantizer<lsq<4, per_channel>> &&
              learned_quantizer<unsigned_lsq<4>>);
static_assert(!lsq<4, per_channel>::supports(role::inputs) && !unsigned_lsq<4>::supports(role::weights));

TEST_SUITE("quantize/methods/lsq") {
  TEST_CASE_TEMPLATE("codes and the step's gradient follow the paper", q, lsq<2>, lsq<4>, lsq<8>, unsigned_lsq<2>,
                     unsigned_lsq<8>) {
    // Computes Esser et al. 2020, Eq. 1 to 3, in double precision, but with x / s rounded to float.
    const typename q::state s{.step = 0.3f};
    const double high = q::max_code, low = q::range(s).low < 0 ? -high : 0;
    const auto place = [&](double x) { return static_cast<double>(static_cast<float>(x) / s.step); };
    CHECK(test::difference(
              test::values(), [&](float x) { return q::code(x, s); },
              [&](double x) { return std::nearbyint(std::clamp(place(x), low, high)); }) == "");
    CHECK(test::lane_difference(test::with_nan(test::values()), [&](auto x) { return q::code(x, s); }) == "");
    for (const float x : test::uniform(400, 2, -60, 60)) {
      float sum[1] = {};
      q::learn(x, s, 1.0f, sum);
      const double v = place(x), wanted = v <= low ? low : v >= high ? high : std::nearbyint(v) - v;
      CHECK(sum[0] == doctest::Approx(wanted).epsilon(1e-5));
    }
    CHECK(q::gradient_scale(50) == doctest::Approx(1 / std::sqrt(50 * high)));
  }

  TEST_CASE("begins with 2 mean|x| / sqrt(Qp), is then left to the optimizer, and stays above 0") {
    lsq<4>::state s;
    REQUIRE(lsq<4>::observe(s, std::vector<float>{1, -2, 3, -2}, role::weights));
    CHECK(s.step == doctest::Approx(2 * 2 / std::sqrt(7.0)));
    s.step = -1;
    REQUIRE(lsq<4>::observe(s, std::vector<float>{1, -2, 3, -2}, role::weights));
    CHECK(s.step == lsq<4>::least);
    CHECK_FALSE(lsq<4>::observe(s, std::vector<float>{test::infinity}, role::weights));
  }
}
