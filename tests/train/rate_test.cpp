#include <minnow/train/rate.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "training_fixture.hpp"

using namespace minnow;

TEST_SUITE("train/rate") {
  TEST_CASE("constant is 1 throughout") {
    for (const long long step : {0, 1, 99}) CHECK(constant_rate{}({step, 100, 10}) == 1);
  }

  TEST_CASE("exponential is the factor to the power of the epochs, falling at every step") {
    const exponential_rate decay{.factor = 0.8f};
    for (const long long step : {0, 1, 7, 10, 25, 99})
      CHECK(static_cast<double>(decay({step, 100, 10})) ==
            doctest::Approx(std::pow(0.8, static_cast<double>(step) / 10)).epsilon(1e-5));
    CHECK(decay({0, 100, 10}) == 1);
    CHECK(decay({1, 100, 10}) < 1);
  }

  TEST_CASE("step multiplies at each moment: a tenth at half and at three quarters") {
    const step_rate decay;
    CHECK(decay({0, 100, 10}) == 1);
    CHECK(decay({49, 100, 10}) == 1);
    CHECK(decay({50, 100, 10}) == 0.1f);
    CHECK(decay({74, 100, 10}) == 0.1f);
    CHECK(decay({75, 100, 10}) == 0.1f * 0.1f);
    CHECK(decay({99, 100, 10}) == 0.1f * 0.1f);
  }

  TEST_CASE("step takes counts of steps and a factor of one's own") {
    const step_rate decay{.at = {steps{32000}, steps{38000}}, .factor = 0.5f};
    CHECK(decay({31999, 64000, 400}) == 1);
    CHECK(decay({32000, 64000, 400}) == 0.5f);
    CHECK(decay({38000, 64000, 400}) == 0.25f);
  }

  TEST_CASE("cosine goes from 1 to its end along half a wave") {
    const cosine_rate decay{.to = 0.2f};
    const double to = static_cast<double>(0.2f);
    for (const long long step : {0, 13, 50, 77, 100})
      CHECK(std::abs(static_cast<double>(decay({step, 100, 10})) -
                     (to + (1 - to) * (1 + std::cos(std::acos(-1.0) * static_cast<double>(step) / 100)) / 2)) <=
            0x1p-24);
    CHECK(cosine_rate{}({0, 100, 10}) == 1);
    CHECK(cosine_rate{}({100, 100, 10}) == 0);
  }

  TEST_CASE("a warm-up multiplies a cosine, as PyTorch's LinearLR does") {
    const auto [first, last] = test::pytorch_training().equal_range("warm_up");
    int items = 0;
    for (auto at = first; at != last; ++at, ++items) {
      const std::vector<double>& item = at->second;  // the start, the length of the warm-up, the number of steps, rates
      const auto count = static_cast<long long>(item[2]);
      const warm_up rate{
          .over = steps{static_cast<long long>(item[1])}, .from = static_cast<float>(item[0]), .then = cosine_rate{}};
      REQUIRE(item.size() == 3 + static_cast<std::size_t>(count));
      for (long long step = 0; step < count; ++step)
        CHECK(std::abs(static_cast<double>(rate({step, count, 1})) - item[3 + static_cast<std::size_t>(step)]) <=
              3 * 0x1p-24);
    }
    CHECK(items == 2);
  }

  TEST_CASE(
      "a warm-up rises from its start over a part of the run, and leaves the other schedule as it is after that") {
    const warm_up rate{.over = fraction{0.1f}, .then = step_rate{.at = {steps{50}}, .factor = 0.5f}};
    CHECK(rate({0, 100, 10}) == 0);
    CHECK(rate({5, 100, 10}) == 0.5f);
    CHECK(rate({10, 100, 10}) == 1);
    CHECK(rate({49, 100, 10}) == 1);
    CHECK(rate({50, 100, 10}) == 0.5f);
    CHECK(warm_up{.over = steps{0}}({0, 100, 10}) == 1);
    CHECK_THROWS_AS((void)(warm_up{.from = -1}({0, 100, 10})), error);
    CHECK_THROWS_AS((void)(warm_up{.then = {}}({0, 100, 10})), error);
  }

  TEST_CASE("a function of one's own is a schedule") {
    const rate_schedule rising = [](const progress& p) { return std::fmin(1.0f, static_cast<float>(p.step + 1) / 5); };
    CHECK(rising({0, 100, 10}) == 0.2f);
    CHECK(rising({9, 100, 10}) == 1);
  }
}
