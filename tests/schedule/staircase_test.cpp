#include <minnow/schedule/staircase.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

#include "value_at.hpp"

using namespace minnow;
using test::value_at;

static_assert(schedule<staircase>);

TEST_SUITE("schedule/staircase") {
  TEST_CASE("INQ's fractions by default, each in a quarter of the run") {
    const float wanted[] = {0.5f, 0.75f, 0.875f, 1};
    for (int step = 0; step < 1000; ++step) CHECK(value_at(staircase{}, step) == wanted[step / 250]);
  }

  TEST_CASE("equal parts of a window, 0 before it, the last value after it") {
    const staircase s{.values = {0.1f, 0.2f, 0.4f}, .begin = steps{100}, .end = steps{400}};
    CHECK(value_at(s, 0) == 0);
    CHECK(value_at(s, 99) == 0);
    CHECK(value_at(s, 100) == 0.1f);
    CHECK(value_at(s, 199) == 0.1f);
    CHECK(value_at(s, 200) == 0.2f);
    CHECK(value_at(s, 299) == 0.2f);
    CHECK(value_at(s, 300) == 0.4f);
    CHECK(value_at(s, 999) == 0.4f);
  }

  TEST_CASE("every part of every window begins at its exact step") {
    for (int parts = 1; parts <= 30; ++parts)
      for (int length = 1; length <= 20; ++length) {
        staircase s{.values = {}, .begin = steps{7}, .end = steps{7 + parts * length}};
        for (int i = 0; i < parts; ++i) s.values.push_back(static_cast<float>(i));
        for (int step = 0; step < parts * length; ++step)
          CHECK_FALSE(value_at(s, 7 + step) != static_cast<float>(step / length));
      }
  }

  TEST_CASE("an empty list, and a window of NaN, give NaN, which fit refuses; an empty window is a jump") {
    CHECK(std::isnan(staircase{.values = {}}({0, 10, 10})));
    CHECK(std::isnan(staircase{.begin = fraction{std::nanf("")}}({0, 10, 10})));
    const staircase s{.values = {0.5f, 1}, .begin = steps{5}, .end = steps{5}};
    CHECK(value_at(s, 4) == 0);
    CHECK(value_at(s, 5) == 1);
  }
}
