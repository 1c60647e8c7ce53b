#include <minnow/train/rate.hpp>

#include <doctest/doctest.h>

#include <cmath>

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

  TEST_CASE("a function of one's own is a schedule") {
    const rate_schedule warm_up = [](const progress& p) { return std::fmin(1.0f, static_cast<float>(p.step + 1) / 5); };
    CHECK(warm_up({0, 100, 10}) == 0.2f);
    CHECK(warm_up({9, 100, 10}) == 1);
  }
}
