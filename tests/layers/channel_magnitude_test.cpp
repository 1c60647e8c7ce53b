#include <minnow/layers/channel_magnitude.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "random_numbers.hpp"

using namespace minnow;

static_assert(channel_magnitude::output({5, 4, 9}) == shape{5, 4, 1});
static_assert(layer<channel_magnitude> && !elementwise<channel_magnitude>);

TEST_SUITE("layers/channel_magnitude") {
  TEST_CASE("is the mean of |x|, for each number of channels up to 40") {
    for (int channels = 1; channels <= 40; ++channels) {
      const auto x = test::uniform(channels, static_cast<std::uint64_t>(channels), -3.0f, 3.0f);
      double sum = 0;
      for (const float v : x) sum += std::abs(static_cast<double>(v));
      CAPTURE(channels);
      // A float sum of n terms has at most n - 1 roundings, and the division has one.
      CHECK(std::abs(static_cast<double>(channel_magnitude::of(x.data(), channels)) - sum / channels) <=
            channels * 0x1p-24 * sum / channels);
    }
  }

  TEST_CASE("NaN and infinities reach the mean") {
    const std::vector<float> infinite{1, -INFINITY, 2}, nan{1, std::nanf(""), 2};
    CHECK(channel_magnitude::of(infinite.data(), 3) == INFINITY);
    CHECK(std::isnan(channel_magnitude::of(nan.data(), 3)));
  }
}
