#include <minnow/quantize/methods/inq.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

namespace inq_test {

/// Zhou et al. 2017, Eq. 1: the levels 0 and 2^n2 … 2^n1, in increasing order. `bits` as in the paper; the library
/// leaves out the smallest of 8 powers.
inline std::vector<double> magnitudes_of(int bits, double largest) {
  const int n1 = static_cast<int>(std::floor(std::log2(4 * largest / 3)));
  int n2 = n1 + 1 - (1 << (bits - 1)) / 2;
  if (bits == 5) ++n2;
  std::vector<double> result{0};
  for (int n = n2; n <= n1; ++n) result.push_back(std::ldexp(1.0, n));
  return result;
}

/// Eq. 4. A number beyond 3/2 of the highest level gets this level; the paper has no such weights, because the highest
/// level follows from the largest weight.
inline double nearest(double x, const std::vector<double>& magnitudes) {
  const double magnitude = std::min(std::abs(x), magnitudes.back());
  for (std::size_t i = 1; i < magnitudes.size(); ++i) {
    const double a = magnitudes[i - 1], b = magnitudes[i];
    if ((a + b) / 2 <= magnitude && magnitude < 3 * b / 2) return std::copysign(b, x);
  }
  return 0;
}

}  // namespace inq_test

static_assert(inq<5>::max_code == 64 && inq<4>::max_code == 64 && inq<3>::max_code == 4 && inq<2>::max_code == 1);
static_assert(inq<5>::levels == 15 && inq<4>::levels == 9 && inq<3>::levels == 5 && inq<2>::levels == 3);
static_assert(!inq<5>::supports(role::inputs) && !learned_quantizer<inq<5>>);

TEST_SUITE("quantize/methods/inq") {
  TEST_CASE_TEMPLATE("every weight gets the level of Zhou et al. 2017, Eq. 1 to 4", q, inq<2>, inq<3>, inq<4>, inq<5>) {
    const int bits = std::string_view(q::name().view())[4] - '0';
    for (const float largest : {1.0f, 0.75f, 0.7499999f, 1.4999999f, 3.0f, 0.02f, 5e-9f, 7e20f}) {
      CAPTURE(largest);
      typename q::state s;
      REQUIRE(q::observe(s, std::vector<float>{largest / 3, -largest, 0, largest / 7}, role::weights));
      const std::vector<double> magnitudes = inq_test::magnitudes_of(bits, largest);
      CHECK(magnitudes.size() == static_cast<std::size_t>(q::magnitudes) + 1);
      std::vector<float> thresholds{largest};
      for (std::size_t i = 1; i < magnitudes.size(); ++i) {
        thresholds.push_back(static_cast<float>((magnitudes[i - 1] + magnitudes[i]) / 2));
        thresholds.push_back(static_cast<float>(magnitudes[i]));
      }
      const auto xs = test::values(thresholds);
      CHECK(test::difference(
                xs, [&](float x) { return static_cast<double>(quantized<q>(x, s)); },
                [&](double x) { return inq_test::nearest(x, magnitudes); }) == "");
      CHECK(test::lane_difference(test::with_nan(xs), [&](auto x) { return q::code(x, s); }) == "");
      CHECK(q::code(test::nan, s) == 0);
      // A quantized value is its own quantized value, so freezing a weight twice changes nothing.
      CHECK(test::difference(
                xs, [&](float x) { return static_cast<double>(quantized<q>(quantized<q>(x, s), s)); },
                [&](double x) { return inq_test::nearest(x, magnitudes); }) == "");
      CHECK(never_falls<q>(s));
    }
  }

  TEST_CASE("the highest level is the power of two with n1 = floor(log2(4 max|w| / 3)), down to 2^-119") {
    minnow::random draws(seed{5});
    for (int i = 0; i < 2000; ++i) {
      const float largest = std::ldexp(1 + draws.uniform(), draws.below(240) - 119);
      inq<5>::state s;
      REQUIRE(inq<5>::observe(s, std::vector<float>{-largest}, role::weights));
      const double wanted = std::exp2(std::floor(std::log2(4 * static_cast<double>(largest) / 3)));
      CHECK_FALSE(static_cast<double>(s.largest) != wanted);
    }
    inq<5>::state s;
    REQUIRE(inq<5>::observe(s, std::vector<float>{std::numeric_limits<float>::denorm_min()}, role::weights));
    CHECK(s.largest == 0x1p-119f);
    CHECK(inq<5>::code(std::numeric_limits<float>::denorm_min(), s) == 0);
    REQUIRE(inq<5>::observe(s, std::vector<float>{std::numeric_limits<float>::max()}, role::weights));
    CHECK(s.largest == 0x1p127f);
    CHECK(std::isfinite(quantized<inq<5>>(std::numeric_limits<float>::max(), s)));
  }

  TEST_CASE("weights of zeros have the code 0; weights with a NaN or an infinity are refused") {
    inq<4>::state s;
    REQUIRE(inq<4>::observe(s, std::vector<float>{0, -0.0f}, role::weights));
    CHECK(s.largest == 0);
    for (const float x : {-2.0f, 0.0f, 3.0f}) CHECK(inq<4>::code(x, s) == 0);
    for (const float bad : {test::nan, test::infinity, -test::infinity}) {
      REQUIRE(inq<4>::observe(s, std::vector<float>{1, -0.5f}, role::weights));
      CHECK_FALSE(inq<4>::observe(s, std::vector<float>{1, bad}, role::weights));
      CHECK(s.largest == 1);
    }
  }

  TEST_CASE("frozen levels do not follow the weights, but a NaN is still refused") {
    inq<5>::state s;
    REQUIRE(inq<5>::observe(s, std::vector<float>{1, -0.25f}, role::weights));
    CHECK_FALSE(inq<5>::is_frozen(s));
    inq<5>::freeze(s);
    CHECK(inq<5>::is_frozen(s));
    REQUIRE(inq<5>::observe(s, std::vector<float>{100}, role::weights));
    CHECK(s.largest == 1);
    CHECK(is_sound<inq<5>>(s));
    CHECK_FALSE(inq<5>::observe(s, std::vector<float>{test::nan}, role::weights));
  }

  TEST_CASE("limit keeps the highest level at 0 or from 2^-119, and a state frozen or not frozen") {
    inq<5>::state s{.largest = 0.8f, .frozen = 0.7f};
    CHECK_FALSE(is_sound<inq<5>>(s));
    inq<5>::limit(s);
    CHECK(s.largest == 0.8f);
    CHECK(s.frozen == 1);
    s = {.largest = 0x1p-140f, .frozen = 0.2f};
    inq<5>::limit(s);
    CHECK(s.largest == 0x1p-119f);
    CHECK(s.frozen == 0);
    s = {.largest = -1, .frozen = -1};
    inq<5>::limit(s);
    CHECK(s.largest == 0);
    CHECK(s.frozen == 0);
  }
}
