#include <minnow/schedule/window.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>

#include <minnow/schedule/cubic.hpp>
#include <minnow/schedule/exponential.hpp>
#include <minnow/schedule/linear.hpp>

using namespace minnow;

namespace {

/// A user's schedule that rises in ten steps.
struct stairs {
  float operator()(const progress& p) const { return static_cast<float>(10 * p.step / p.steps) / 9; }
};
struct takes_nothing {
  float operator()() const { return 0; }
};

constexpr progress at(long long step, long long steps = 1000) { return {.step = step, .steps = steps}; }

}  // namespace

static_assert(schedule<stairs> && !schedule<takes_nothing> && !schedule<progress>);

static_assert(moment(steps{400}).step(at(0)) == 400, "steps are the same in every run");
static_assert(moment(steps{400}).step(at(0, 10)) == 400);
static_assert(moment(fraction{0.25f}).step(at(0)) == 250, "a fraction is a part of the run");
static_assert(moment(fraction{1}).step(at(0, 37)) == 37);
static_assert(moment(fraction{0.1f}).step(at(0, 400)) == 40 && moment(fraction{0.7f}).step(at(0, 400)) == 280);
static_assert(moment(fraction{0.5f}).step(at(0, 37)) == 19, "to the nearest whole step");

TEST_SUITE("schedule/window") {
  TEST_CASE("a run is through its window from 0 at the beginning to 1 at the end") {
    CHECK(detail::through(at(100), steps{100}, steps{300}) == 0);
    CHECK(detail::through(at(150), steps{100}, steps{300}) == 0.25);
    CHECK(detail::through(at(300), steps{100}, steps{300}) == 1);
    CHECK(detail::through(at(99), steps{100}, steps{300}) == 0);
    CHECK(detail::through(at(301), steps{100}, steps{300}) == 1);
  }

  TEST_CASE("an empty window is a step at its end") {
    for (const long long step : {0, 99}) {
      CHECK(linear{.begin = steps{100}, .end = steps{100}}(at(step)) == 0);
      CHECK(cubic{.begin = steps{100}, .end = steps{100}}(at(step)) == 0);
      CHECK(exponential{.begin = steps{100}, .end = steps{100}}(at(step)) == 0);
    }
    for (const long long step : {100, 101, 999}) {
      CHECK(linear{.begin = steps{100}, .end = steps{100}}(at(step)) == 1);
      CHECK(cubic{.begin = steps{100}, .end = steps{100}}(at(step)) == 1);
      CHECK(exponential{.begin = steps{100}, .end = steps{100}}(at(step)) == 1);
    }
  }

  TEST_CASE("a window that ends before it begins is a step at its end") {
    CHECK(detail::through(at(199), steps{300}, steps{200}) == 0);
    CHECK(detail::through(at(200), steps{300}, steps{200}) == 1);
  }

  TEST_CASE("a window that ends at a decimal fraction has ended at that step") {
    for (int tenth = 1; tenth <= 10; ++tenth) {
      CAPTURE(tenth);
      const moment end = fraction{static_cast<float>(tenth) / 10};
      CHECK(linear{.end = end}(at(40 * tenth, 400)) == 1);
      CHECK(cubic{.end = end}(at(40 * tenth, 400)) == 1);
      CHECK(exponential{.end = end}(at(40 * tenth, 400)) == 1);
    }
  }

  TEST_CASE("a moment that is no number makes its schedule one, on any step; far ones are no overflow") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(moment(fraction{nan}).step(at(3))));
    CHECK(moment(fraction{1e30f}).step(at(3)) > 1e30);
    CHECK(moment(fraction{-std::numeric_limits<float>::infinity()}).step(at(3)) < 0);
    for (const long long step : {1, 100, 200}) {
      CHECK(std::isnan(linear{.end = fraction{nan}}(at(step))));
      CHECK(std::isnan(cubic{.end = fraction{nan}}(at(step))));
      CHECK(std::isnan(exponential{.end = fraction{nan}}(at(step))));
      CHECK(linear{.end = fraction{1e30f}}(at(step)) < 1e-20f);
    }
  }
}
