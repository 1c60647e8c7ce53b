#include <minnow/infer/ends/tflite.hpp>

#include <doctest/doctest.h>

#include <cmath>

TEST_SUITE("infer/ends/tflite") {
  TEST_CASE("means round to nearest, ties away from 0") {
    for (int total = -1000; total <= 1000; ++total)
      for (const int count : {1, 2, 3, 4, 9, 64})
        CHECK(minnow::detail::tflite_mean(total, count) == std::lround(static_cast<double>(total) / count));
  }
}
