#include <minnow/train/float_array.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

using namespace minnow;

TEST_SUITE("train/float_array") {
  TEST_CASE("the last index is the fastest") {
    float_array<3> a({2, 3, 4});
    std::iota(a.begin(), a.end(), 0.0f);
    float expected = 0;
    for (int i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        for (int k = 0; k < 4; ++k) CHECK(a(i, j, k) == expected++);
    CHECK(a.size() == 24);
    CHECK(a.shape() == std::array<std::size_t, 3>{2, 3, 4});
    CHECK(a.shape(1) == 3);
  }

  TEST_CASE("begins with one value everywhere, in aligned memory") {
    const float_array<2> a({5, 7}, 0.5f);
    CHECK(std::count(a.begin(), a.end(), 0.5f) == 35);
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
    const float_array<1> zeros({3});
    CHECK(std::count(zeros.begin(), zeros.end(), 0.0f) == 3);
  }

  TEST_CASE("arrays are equal if shapes and numbers are") {
    float_array<2> a({2, 3}), b({3, 2});
    CHECK(!(a == b));
    b = a;
    CHECK(a == b);
    b(1, 2) = 1;
    CHECK(!(a == b));
  }
}
