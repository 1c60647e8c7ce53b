#include <minnow/data/normalization.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>

using namespace minnow;

TEST_SUITE("data/normalization") {
  TEST_CASE("empty lists change floats in nothing and take bytes to 0 … 1") {
    const normalization n;
    for (const float x : {-3.0f, 0.0f, 0.1f, 255.0f}) CHECK(n.of_channel<float>(2)(x) == x);
    CHECK(n.of_channel<std::uint8_t>(0)(0) == 0);
    CHECK(n.of_channel<std::uint8_t>(0)(255) == 1);
    for (int p = 0; p < 256; ++p)
      // 1 / 255 and the product are each rounded once.
      CHECK(std::abs(static_cast<double>(n.of_channel<std::uint8_t>(0)(static_cast<float>(p))) - p / 255.0) <=
            2 * 0x1p-24 * (p / 255.0) * (1 + 0x1p-20));
  }

  TEST_CASE("each channel has its own mean and deviation; either list may be empty") {
    const normalization both{.mean = {0.5f, 0.25f}, .stddev = {0.5f, 4}};
    CHECK(both.of_channel<float>(0)(1) == 1);
    CHECK(both.of_channel<float>(1)(0.75f) == 0.125f);
    const normalization means{.mean = {0.5f, 0.25f}};
    CHECK(means.of_channel<float>(1)(1) == 0.75f);
    const normalization deviations{.stddev = {0.5f, 4}};
    CHECK(deviations.of_channel<float>(1)(1) == 0.25f);
  }

  TEST_CASE("is of all channels or none, finite, with deviations above 0") {
    const auto sentence = [](const normalization& n) { return std::string(n.check(2, "who").message()); };
    CHECK(sentence({}).empty());
    CHECK(sentence({.mean = {1, -2}, .stddev = {1, 2}}).empty());
    CHECK(sentence({.mean = {1, 2, 3}}) == "who: expected 2 channels, found 3 means and 0 deviations");
    CHECK(sentence({.stddev = {1}}) == "who: expected 2 channels, found 0 means and 1 deviations");
    CHECK(sentence({.mean = {0, HUGE_VALF}}) == "who: expected finite numbers in 'mean', found inf at index 1");
    CHECK(sentence({.stddev = {1, 0}}) == "who: expected numbers above 0 in 'stddev', found 0 at index 1");
    CHECK(sentence({.stddev = {-1, 1}}) == "who: expected numbers above 0 in 'stddev', found -1 at index 0");
    CHECK(sentence({.stddev = {1, std::nanf("")}}) ==
          "who: expected numbers above 0 in 'stddev', found nan at index 1");
    CHECK(sentence({.stddev = {HUGE_VALF, 1}}) == "who: expected numbers above 0 in 'stddev', found inf at index 0");
  }

  TEST_CASE("bytes are divided by 255 before mean and deviation") {
    const normalization n{.mean = {0.5f}, .stddev = {0.25f}};
    for (int p = 0; p < 256; ++p) {
      const double x = p / 255.0;
      // The mean and the standard deviation are powers of two, which add no rounding. Only 1 / 255 and the fma are
      // rounded.
      CHECK(std::abs(static_cast<double>(n.of_channel<std::uint8_t>(0)(static_cast<float>(p))) - (x - 0.5) / 0.25) <=
            0x1p-24 * (4 * x + std::abs(4 * x - 2)) * (1 + 0x1p-20));
    }
  }
}
