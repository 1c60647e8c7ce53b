#include <minnow/schedule/linear.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "value_at.hpp"

using namespace minnow;
using test::value_at;

static_assert(schedule<linear>);

namespace {

double linear_formula(double step, double begin, double end) {
  return step <= begin ? 0 : step >= end ? 1 : (step - begin) / (end - begin);
}

}  // namespace

TEST_SUITE("schedule/linear") {
  TEST_CASE("rises from 0 to 1 over the whole run") {
    for (int step = 0; step < 1000; ++step)
      CHECK(value_at(linear{}, step) == static_cast<float>(linear_formula(step, 0, 1000)));
  }

  TEST_CASE("rises inside its window and is constant outside") {
    const linear s{.begin = steps{100}, .end = steps{400}};
    for (int step = 0; step < 1000; ++step)
      CHECK(value_at(s, step) == static_cast<float>(linear_formula(step, 100, 400)));
    CHECK(value_at(s, 100) == 0);
    CHECK(value_at(s, 101) > 0);
    CHECK(value_at(s, 399) < 1);
    CHECK(value_at(s, 400) == 1);
  }

  TEST_CASE("goes from one value to the other, down as well") {
    const linear s{.from = 0.75f, .to = 0.25f, .begin = steps{0}, .end = steps{500}};
    for (int step = 0; step < 1000; ++step)
      CHECK(value_at(s, step) == static_cast<float>(0.75 - 0.5 * linear_formula(step, 0, 500)));
  }

  TEST_CASE("takes its window as parts of the run") {
    const linear s{.begin = fraction{0.25f}, .end = fraction{0.5f}};
    for (int step = 0; step < 1000; ++step)
      CHECK(value_at(s, step) == static_cast<float>(linear_formula(step, 250, 500)));
  }
}
