#include <minnow/schedule/exponential.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

#include "value_at.hpp"

using namespace minnow;
using test::value_at, test::rounding;

static_assert(schedule<exponential>);

TEST_SUITE("schedule/exponential") {
  TEST_CASE("is 1 - exp(-lambda step)") {
    // Checks the formula below Eq. 6 of Liu & Mattina 2019.
    for (const float lambda : {0.001f, 0.01f, 0.2f})
      for (int step = 0; step < 1000; ++step)
        CHECK(std::abs(value_at(exponential{.lambda = lambda}, step) -
                       (1 - std::exp(-static_cast<double>(lambda) * step))) <= rounding);
  }

  TEST_CASE("counts its steps from the beginning of its window") {
    const exponential s{.lambda = 0.05f, .begin = steps{200}};
    for (int step = 0; step <= 200; ++step) CHECK(value_at(s, step) == 0);
    for (int step = 201; step < 1000; ++step)
      CHECK(std::abs(value_at(s, step) - (1 - std::exp(-static_cast<double>(0.05f) * (step - 200)))) <= rounding);
  }

  TEST_CASE("arrives at the end of its window, however small lambda is") {
    const exponential s{.lambda = 0.001f, .end = steps{500}};
    CHECK(value_at(s, 499) < 0.4f);
    CHECK(value_at(s, 500) == 1);
    CHECK(value_at(s, 999) == 1);
  }

  TEST_CASE("goes from one value to the other") {
    const exponential s{.lambda = 0.01f, .from = 0.5f, .to = 1};
    CHECK(value_at(s, 0) == 0.5f);
    for (int step = 0; step < 1000; ++step)
      CHECK(std::abs(value_at(s, step) - (1 - 0.5 * std::exp(-static_cast<double>(0.01f) * step))) <= rounding);
  }
}
