#include <minnow/quantize/methods/half_wave.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

namespace {

/// Returns a number that is proportional to the mean squared error of quantizing positive normal numbers to the levels
/// step, 2 step, … levels · step. Computes it by the trapezoid rule.
double error_of(double step, int levels) {
  double sum = 0;
  for (int i = 1; i < 80000; ++i) {
    const double x = i * 1e-4;
    const double q = step * std::clamp(std::nearbyint(x / step), 1.0, static_cast<double>(levels));
    sum += (x - q) * (x - q) * std::exp(-x * x / 2);
  }
  return sum;
}

}  // namespace

TEST_SUITE("quantize/methods/half_wave") {
  TEST_CASE_TEMPLATE("the step has the least error for normal numbers", q, half_wave<1>, half_wave<2>, half_wave<3>,
                     half_wave<4>) {
    // Finds the best step of Cai et al. 2017, Eq. 10: Lloyd's quantizer with equidistant levels.
    double low = 0.05, high = 2;
    while (high - low > 1e-5) {
      const double a = low + (high - low) / 3, b = high - (high - low) / 3;
      (error_of(a, q::max_code) < error_of(b, q::max_code) ? high : low) =
          error_of(a, q::max_code) < error_of(b, q::max_code) ? b : a;
    }
    CHECK(q::step == doctest::Approx(low).epsilon(2e-4));
  }

  TEST_CASE("the paper's step of 2 bits is 0.538") { CHECK(std::abs(half_wave<2>::step - 0.538) < 1e-3); }

  TEST_CASE_TEMPLATE("what is not above 0 becomes 0, the rest the nearest level", q, half_wave<1>, half_wave<2>,
                     half_wave<4>) {
    CHECK(test::difference(
              test::values(), [](float x) { return q::code(x, {}); },
              [](double x) {
                const double near = std::nearbyint(static_cast<double>(static_cast<float>(x) / q::step));
                return x > 0 ? std::clamp(near, 1.0, static_cast<double>(q::max_code)) : 0.0;
              }) == "");
    CHECK(test::lane_difference(test::with_nan(test::values()), [](auto x) { return q::code(x, {}); }) == "");
    CHECK(q::code(test::nan, {}) == 0);
    CHECK(q::range({}).high == q::step * q::max_code);
  }
}
