#include <minnow/quantize/statistics.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "projections.hpp"
#include "values.hpp"

using namespace minnow;

TEST_SUITE("quantize/statistics") {
  TEST_CASE("follow their formulas in double precision") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      CAPTURE(seed);
      const auto xs = test::any_vector(seed);
      double sum = 0, largest = 0, positive = 0, lowest = 0, above = 0, count = 0;
      for (const double x : xs) {
        sum += std::abs(x);
        largest = std::fmax(largest, std::abs(x));
        positive = std::fmax(positive, x);
        lowest = std::fmin(lowest, x);
      }
      const float mean = detail::mean_magnitude(xs);
      CHECK(mean == static_cast<float>(sum / static_cast<double>(xs.size())));
      for (const double x : xs)
        if (std::abs(x) > static_cast<double>(mean)) above += std::abs(x), ++count;
      CHECK(detail::largest_magnitude(xs) == largest);
      CHECK(detail::largest_magnitude(xs, false) == positive);
      CHECK(detail::range_with_zero(xs).low == lowest);
      CHECK(detail::range_with_zero(xs).high == positive);
      CHECK(detail::mean_above(xs, mean) == (count > 0 ? static_cast<float>(above / count) : 0.0f));
    }
  }

  TEST_CASE("nothing gives 0") {
    CHECK(detail::mean_magnitude({}) == 0);
    CHECK(detail::largest_magnitude({}) == 0);
    CHECK(detail::mean_above({}, 0) == 0);
    CHECK(detail::range_with_zero({}).low == 0);
    CHECK(detail::range_with_zero({}).high == 0);
  }

  TEST_CASE("a NaN or an infinity gives NaN") {
    for (const float bad : {test::nan, test::infinity, -test::infinity}) {
      const std::vector<float> xs{1, bad, 2};
      CHECK(std::isnan(detail::range_with_zero(xs).low));
      CHECK(std::isnan(detail::range_with_zero(xs).high));
      CHECK(std::isnan(detail::mean_magnitude(xs)));
      CHECK(std::isnan(detail::largest_magnitude(xs)));
      CHECK(std::isnan(detail::largest_magnitude(xs, false)));
    }
  }
}
