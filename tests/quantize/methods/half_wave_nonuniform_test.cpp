#include <minnow/quantize/methods/half_wave_nonuniform.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

namespace half_wave_nonuniform_test {

/// Density, and probability of a larger number, of N(0, 1).
double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846); }
double tail(double x) { return std::erfc(x / std::sqrt(2.0)) / 2; }

/// Thresholds in the middle between levels, with the ends 0 and infinity (40 is beyond every double's tail).
std::vector<double> thresholds_of(const std::vector<double>& levels) {
  std::vector<double> t{0};
  for (std::size_t i = 1; i < levels.size(); ++i) t.push_back((levels[i - 1] + levels[i]) / 2);
  t.push_back(40);
  return t;
}

/// Lloyd's algorithm for the positive half of N(0, 1): each level becomes the mean of the numbers that are nearest to
/// it, until no level changes.
std::vector<double> lloyd_levels(int count) {
  std::vector<double> levels;
  for (int i = 0; i < count; ++i) levels.push_back(3 * (i + 0.5) / count);
  for (double change = 1; change > 1e-14;) {
    const auto t = thresholds_of(levels);
    change = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const double mean = (density(t[i]) - density(t[i + 1])) / (tail(t[i]) - tail(t[i + 1]));
      change = std::max(change, std::abs(mean - levels[i]));
      levels[i] = mean;
    }
  }
  return levels;
}

/// Mean squared error of quantizing positive normal numbers to the nearest of the levels, by the trapezoid rule.
double error_of(const std::vector<double>& levels) {
  const auto t = thresholds_of(levels);
  double sum = 0;
  std::size_t i = 0;
  for (int k = 1; k < 90000; ++k) {
    const double x = k * 1e-4;
    while (x > t[i + 1]) ++i;
    sum += (x - levels[i]) * (x - levels[i]) * density(x);
  }
  return sum * 1e-4 * 2;
}

template <class Q>
std::vector<double> found_levels() {
  std::vector<double> levels;
  for (int i = 1; i < 100000; ++i) {
    const double value = quantized<Q>(static_cast<float>(i) * 1e-4f, {});
    if (levels.empty() || levels.back() != value) levels.push_back(value);
  }
  return levels;
}

}  // namespace half_wave_nonuniform_test

TEST_SUITE("quantize/methods/half_wave_nonuniform") {
  namespace reference = half_wave_nonuniform_test;

  TEST_CASE_TEMPLATE("the levels are the result of Lloyd's algorithm, rounded to 1/255 of the largest", q,
                     half_wave_nonuniform<2>, half_wave_nonuniform<3>, half_wave_nonuniform<4>) {
    const auto wanted = reference::lloyd_levels(q::levels - 1);
    const auto found = reference::found_levels<q>();
    REQUIRE(found.size() == wanted.size());
    CHECK(found.back() == doctest::Approx(wanted.back()).epsilon(1e-6));
    for (std::size_t i = 0; i < wanted.size(); ++i)
      CHECK(std::abs(found[i] - wanted[i]) <= wanted.back() / 510 * (1 + 1e-6));
    // The squared error, relative to the error of the levels that are not rounded.
    const double increase = reference::error_of(found) / reference::error_of(wanted) - 1;
    CHECK(increase >= 0);
    CHECK(increase < (q::levels == 4 ? 3e-5 : q::levels == 8 ? 6e-4 : 2.5e-3));
  }

  TEST_CASE("three levels are the positive ones of six levels for N(0, 1)") {
    // Max 1960, Quantizing for minimum distortion, Table I, N = 6.
    const auto three = reference::lloyd_levels(3);
    CHECK(std::abs(three[0] - 0.3177) < 1e-4);
    CHECK(std::abs(three[1] - 1.000) < 1e-3);
    CHECK(std::abs(three[2] - 1.894) < 1e-3);
    CHECK(std::abs(reference::error_of(three) - 0.05798) < 1e-5);
  }

  TEST_CASE_TEMPLATE("a number above 0 has the nearest level, any other number 0", q, half_wave_nonuniform<2>,
                     half_wave_nonuniform<3>, half_wave_nonuniform<4>) {
    const auto levels = reference::found_levels<q>();
    const auto thresholds = reference::thresholds_of(levels);
    std::vector<float> near_thresholds;
    for (const double t : thresholds) near_thresholds.push_back(static_cast<float>(t));
    int ties = 0;
    for (const float x : test::values(near_thresholds)) {
      const double found = quantized<q>(x, {});
      const double at = std::min(static_cast<double>(x), 40.0);
      double wanted = at > 0 ? levels[0] : 0;
      for (const double level : levels)
        if (at > 0 && std::abs(level - at) < std::abs(wanted - at)) wanted = level;
      if (found == wanted) continue;
      // The rounding of a threshold to float may move a number that is next to it.
      CAPTURE(x);
      CHECK(std::any_of(thresholds.begin(), thresholds.end(),
                        [&](double t) { return t > 0 && std::abs(t / static_cast<double>(x) - 1) < 3e-7; }));
      ++ties;
    }
    CHECK(ties <= 2 * static_cast<int>(levels.size()));
    CHECK(test::lane_difference(test::with_nan(test::values(near_thresholds)), [](auto x) { return q::code(x, {}); }) ==
          "");
    CHECK(q::code(test::nan, {}) == 0);
    CHECK(q::code(test::infinity, {}) == 255);
    CHECK(q::range({}).low == 0);
    CHECK(q::range({}).high == doctest::Approx(levels.back()).epsilon(1e-6));
  }
}
