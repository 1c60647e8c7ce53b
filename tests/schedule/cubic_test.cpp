#include <minnow/schedule/cubic.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace minnow;

static_assert(schedule<cubic>);

namespace {

// Liu & Mattina 2019, Eq. 6.
double formula(double step, double t0, double t1) {
  if (step <= t0) return 0;
  if (step <= t1) return 1 - std::pow((t1 - step) / (t1 - t0), 3);
  return 1;
}

float at(const cubic& s, long long step, long long steps = 1000) { return s(progress{.step = step, .steps = steps}); }

// One rounding to float of a number up to 1, and a few in double.
constexpr double rounding = 0x1p-25 + 0x1p-50;

}  // namespace

TEST_SUITE("schedule/cubic") {
  TEST_CASE("follows Eq. 6 in a window of steps") {
    const cubic s{.begin = steps{100}, .end = steps{400}};
    for (int step = 0; step < 1000; ++step) CHECK(std::abs(at(s, step) - formula(step, 100, 400)) <= rounding);
    CHECK(at(s, 100) == 0);
    CHECK(at(s, 101) > 0);
    CHECK(at(s, 400) == 1);
  }

  TEST_CASE("follows Eq. 6 over the whole run by default") {
    for (int step = 0; step <= 1000; ++step) CHECK(std::abs(at({}, step) - formula(step, 0, 1000)) <= rounding);
  }

  TEST_CASE("takes its window as parts of the run, or one end of each kind") {
    const cubic s{.begin = fraction{0.125f}, .end = fraction{0.75f}};
    for (int step = 0; step < 800; ++step) CHECK(std::abs(at(s, step, 800) - formula(step, 100, 600)) <= rounding);
    const cubic mixed{.begin = steps{30}, .end = fraction{0.5f}};
    for (int step = 0; step < 800; ++step) CHECK(std::abs(at(mixed, step, 800) - formula(step, 30, 400)) <= rounding);
  }

  TEST_CASE("goes from 1/2 to 1 where told so") {
    const cubic s{.from = 0.5f, .to = 1};
    for (int step = 0; step < 1000; ++step)
      CHECK(std::abs(at(s, step) - (0.5 + 0.5 * formula(step, 0, 1000))) <= rounding);
    CHECK(at(s, 0) == 0.5f);
    CHECK(at(s, 1000) == 1);
  }

  TEST_CASE("never falls and stays in [0, 1]") {
    const cubic s{.begin = steps{7}, .end = steps{813}};
    for (int step = 1; step < 1000; ++step) {
      CHECK(at(s, step) >= at(s, step - 1));
      CHECK(at(s, step) <= 1);
    }
  }
}
