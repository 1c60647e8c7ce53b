#include <minnow/schedule/constant.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

using namespace minnow;

static_assert(schedule<constant>);
static_assert(constant{}(progress{}) == 0.5f, "1/2 unless said otherwise");

TEST_SUITE("schedule/constant") {
  TEST_CASE("is the same at every step") {
    for (const long long step : {0LL, 1LL, 500LL, 999LL}) {
      CHECK(constant{}(progress{.step = step, .steps = 1000}) == 0.5f);
      CHECK(constant{.alpha = 0.8f}(progress{.step = step, .steps = 1000}) == 0.8f);
    }
  }
}
