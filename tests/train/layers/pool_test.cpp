#include <minnow/train/layers/pool.hpp>

#include <doctest/doctest.h>

#include "single_layer.hpp"

using namespace minnow;

TEST_SUITE("train/layers/pool") {
  TEST_CASE("a maximum is one of its window, also where all are negative") {
    test::single_layer<max_pool<2>> one({2, 4, 1}, 1);
    CHECK(one.forward({-3, -1, -8, -7,  //
                       -2, -4, -5, -6}) == std::vector<float>{-1, -5});
  }

  TEST_CASE("rows and columns that fill no window are left out") {
    test::single_layer<max_pool<2>> one({3, 3, 1}, 1);
    CHECK(one.forward({1, 2, 9,  //
                       3, 4, 9,  //
                       9, 9, 9}) == std::vector<float>{4});
    test::single_layer<average_pool<2>> mean({3, 3, 1}, 1);
    CHECK(mean.forward({1, 2, 9,  //
                        3, 6, 9,  //
                        9, 9, 9}) == std::vector<float>{3});
  }

  TEST_CASE("the padding is never the largest and counts as zeros in a mean") {
    const std::vector<float> x{-1, -2, -3,  //
                               -4, -5, -6,  //
                               -7, -8, -9};
    CHECK(test::single_layer<max_pool<3, stride<2>, padding<1>>>({3, 3, 1}, 1).forward(x) ==
          std::vector<float>{-1, -2, -4, -5});
    CHECK(test::single_layer<average_pool<3, stride<2>, padding<1>>>({3, 3, 1}, 1).forward(x) ==
          std::vector<float>{-12 * (1.0f / 9), -16 * (1.0f / 9), -24 * (1.0f / 9), -28 * (1.0f / 9)});
  }

  TEST_CASE("a mean is the sum in the order of the taps, times the rounded reciprocal") {
    // The packed network computes the same roundings in the same order.
    const shape in{3, 3, 21};
    const auto x = test::uniform(2 * in.size(), 1);
    test::single_layer<global_average_pool> one(in, 2);
    const auto out = one.forward(x);
    REQUIRE(out.size() == 42);
    for (std::size_t n = 0; n < 2; ++n)
      for (std::size_t c = 0; c < 21; ++c) {
        float sum = x[n * 189 + c];
        for (std::size_t tap = 1; tap < 9; ++tap) sum += x[n * 189 + tap * 21 + c];
        CHECK(out[n * 21 + c] == sum * (1.0f / 9));
      }
  }
}
