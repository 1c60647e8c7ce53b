#include <minnow/quantize/ternary.hpp>

#include <doctest/doctest.h>

#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "random_numbers.hpp"
#include "values.hpp"

using namespace minnow;

using by_mean = ternary<mean_threshold<>>;

static_assert(quantizer<ternary<>> && quantizer<ternary<threshold<1, 3>>> && quantizer<by_mean>);
static_assert(std::is_same_v<ternary<>, ternary<threshold<1, 2>>>, "the default threshold is 1/2");
static_assert(ternary<>::bits == 2 && ternary<>::storage == encoding::ternary && ternary<>::max_code == 1);
static_assert(ternary<>::clips_weights && by_mean::clips_weights);
static_assert(ternary<>::uniform_init, "a fixed threshold would swallow Glorot's small weights");
static_assert(!by_mean::uniform_init, "a threshold that follows the weights does not");
static_assert(ternary<>::supports(role::inputs) && ternary<>::supports(role::weights));
static_assert(!by_mean::supports(role::inputs) && by_mean::supports(role::weights));
static_assert(state_floats<ternary<>> == 0 && state_floats<by_mean> == 1);

namespace {

// Computes Chen et al. 2020, Eq. 21.
double formula(double x, double d) { return std::abs(x) <= d ? 0 : x > 0 ? 1 : -1; }

template <int Numerator, int Denominator>
void check_threshold() {
  using q = ternary<threshold<Numerator, Denominator>>;
  const float d = static_cast<float>(Numerator) / Denominator;
  CAPTURE(d);
  const auto h = [](float x) { return quantized<q>(x, {}); };
  CHECK(test::difference(test::values({d}), h, [&](double x) { return formula(x, d); }) == "");
  CHECK(test::lane_difference(test::with_nan(test::values({d})), [](auto x) { return q::code(x, {}); }) == "");
}

}  // namespace

TEST_SUITE("quantize/ternary") {
  TEST_CASE("is 0 up to the threshold and the sign beyond it") {
    check_threshold<1, 2>();
    check_threshold<1, 3>();
    check_threshold<1, 100>();
    check_threshold<99, 100>();
  }

  TEST_CASE("the threshold itself counts as 0") {
    CHECK(ternary<>::code(0.5f, {}) == 0);
    CHECK(ternary<>::code(-0.5f, {}) == 0);
    CHECK(ternary<>::code(std::nextafter(0.5f, 1.0f), {}) == 1);
    CHECK(ternary<>::code(-std::nextafter(0.5f, 1.0f), {}) == -1);
  }

  TEST_CASE("NaN counts as 0") { CHECK(ternary<>::code(test::nan, {}) == 0); }

  TEST_CASE("a mean threshold is 0.7 times the mean magnitude") {
    std::vector<float> weights = test::gaussian(1001, 2, 0.3f);
    double sum = 0;
    for (float& w : weights) {
      w += 0.1f;
      sum += std::abs(static_cast<double>(w));
    }
    by_mean::state s;
    REQUIRE(by_mean::observe(s, weights, role::weights));
    // There are three roundings to float: of the mean, of 0.7, and of their product.
    CHECK(std::abs(s.threshold - 0.7 * sum / 1001) <= 3 * std::ldexp(0.7 * sum / 1001, -24));

    const auto xs = test::values({s.threshold});
    const auto h = [&](float x) { return quantized<by_mean>(x, s); };
    CHECK(test::difference(xs, h, [&](double x) { return formula(x, s.threshold); }) == "");
    CHECK(test::lane_difference(test::with_nan(xs), [&](auto x) { return by_mean::code(x, s); }) == "");
  }

  TEST_CASE("a mean threshold follows the weights and forgets the last ones") {
    by_mean::state s;
    CHECK(by_mean::observe(s, std::vector<float>{8, -8}, role::weights));
    CHECK(by_mean::observe(s, std::vector<float>{1, -1, 2, 0}, role::weights));
    CHECK(s.threshold == 0.7f);
  }

  TEST_CASE("a mean threshold of zeros leaves zeros") {
    by_mean::state s;
    CHECK(by_mean::observe(s, std::vector<float>(5, 0.0f), role::weights));
    CHECK(s.threshold == 0);
    CHECK(by_mean::code(0.0f, s) == 0);
    CHECK(by_mean::code(0.1f, s) == 1);
  }

  TEST_CASE("a mean threshold keeps its value when there is nothing to measure") {
    by_mean::state s{.threshold = 0.25f};
    CHECK(by_mean::observe(s, {}, role::weights));
    CHECK(s.threshold == 0.25f);
  }

  TEST_CASE("a mean threshold refuses NaN and infinity and keeps its value") {
    by_mean::state s{.threshold = 0.25f};
    CHECK_FALSE(by_mean::observe(s, std::vector<float>{1, test::nan}, role::weights));
    CHECK_FALSE(by_mean::observe(s, std::vector<float>{-test::infinity, 1}, role::weights));
    CHECK(s.threshold == 0.25f);
  }

  TEST_CASE("has stable names, one for each threshold") {
    CHECK(ternary<>::name().view() == "ternary");
    CHECK(ternary<threshold<1, 3>>::name().view() == "ternary<1/3>");
    CHECK(ternary<mean_threshold<>>::name().view() == "ternary<7/10 mean>");
    CHECK(ternary<mean_threshold<3, 4>>::name().view() == "ternary<3/4 mean>");
  }
}
