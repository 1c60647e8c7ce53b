#include <minnow/schedule/cubic.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "value_at.hpp"

using namespace minnow;
using test::value_at, test::rounding;

static_assert(schedule<cubic>);

namespace {

// Computes Liu & Mattina 2019, Eq. 6.
double cubic_formula(double step, double t0, double t1) {
  if (step <= t0) return 0;
  if (step <= t1) return 1 - std::pow((t1 - step) / (t1 - t0), 3);
  return 1;
}

}  // namespace

TEST_SUITE("schedule/cubic") {
  TEST_CASE("follows Eq. 6 in a window of steps") {
    const cubic s{.begin = steps{100}, .end = steps{400}};
    for (int step = 0; step < 1000; ++step)
      CHECK(std::abs(value_at(s, step) - cubic_formula(step, 100, 400)) <= rounding);
    CHECK(value_at(s, 100) == 0);
    CHECK(value_at(s, 101) > 0);
    CHECK(value_at(s, 400) == 1);
  }

  TEST_CASE("follows Eq. 6 over the whole run by default") {
    for (int step = 0; step <= 1000; ++step)
      CHECK(std::abs(value_at(cubic{}, step) - cubic_formula(step, 0, 1000)) <= rounding);
  }

  TEST_CASE("takes its window as parts of the run, or one end of each kind") {
    const cubic s{.begin = fraction{0.125f}, .end = fraction{0.75f}};
    for (int step = 0; step < 800; ++step)
      CHECK(std::abs(value_at(s, step, 800) - cubic_formula(step, 100, 600)) <= rounding);
    const cubic mixed{.begin = steps{30}, .end = fraction{0.5f}};
    for (int step = 0; step < 800; ++step)
      CHECK(std::abs(value_at(mixed, step, 800) - cubic_formula(step, 30, 400)) <= rounding);
  }

  TEST_CASE("goes from 1/2 to 1 where told so") {
    const cubic s{.from = 0.5f, .to = 1};
    for (int step = 0; step < 1000; ++step)
      CHECK(std::abs(value_at(s, step) - (0.5 + 0.5 * cubic_formula(step, 0, 1000))) <= rounding);
    CHECK(value_at(s, 0) == 0.5f);
    CHECK(value_at(s, 1000) == 1);
  }

  TEST_CASE("never falls and stays in [0, 1]") {
    const cubic s{.begin = steps{7}, .end = steps{813}};
    for (int step = 1; step < 1000; ++step) {
      CHECK(value_at(s, step) >= value_at(s, step - 1));
      CHECK(value_at(s, step) <= 1);
    }
  }
}
