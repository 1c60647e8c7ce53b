#include <minnow/core/affine.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "values.hpp"

using namespace minnow;

TEST_SUITE("core/affine") {
  TEST_CASE("x * scale + shift is rounded once") {
    // (1 + 2^-12)^2 is 1 + 2^-11 + 2^-24. Rounding the product before the addition would lose the last bit.
    constexpr float x = 1 + 0x1p-12f;
    CHECK(affine{x, -1}(x) == 0x1p-11f + 0x1p-24f);
    CHECK(affine{}(3.5f) == 3.5f);
    for (const float v : test::values())
      CHECK(test::same(static_cast<double>(affine{0.3f, -0.7f}(v)), static_cast<double>(std::fma(v, 0.3f, -0.7f))));
  }

  TEST_CASE("batch norm's statistics as scale and shift") {
    const affine a = affine::normalizing(3, 0.5f, 2, 15.75f, 0.25f);
    CHECK(a.scale == 0.75f);
    CHECK(a.shift == -1);
    CHECK(affine::normalizing(-3, 0.5f, 2, 15.75f, 0.25f).scale == -0.75f);
    const affine constant = affine::normalizing(0, 0.5f, 2, 15.75f, 0.25f);
    CHECK(constant.scale == 0);
    CHECK(constant.shift == 0.5f);
  }

  TEST_CASE("scale and shift lie within their roundings of the formula") {
    for (int i = 1; i < 200; ++i) {
      const float gamma = 0.013f * static_cast<float>(i);
      const float mean = 1.7f - 0.031f * static_cast<float>(i);
      const float variance = 0.001f * static_cast<float>(i * i);
      const affine a = affine::normalizing(gamma, 0.3f, mean, variance, 1e-5f);
      const double scale =
          static_cast<double>(gamma) / std::sqrt(static_cast<double>(variance) + static_cast<double>(1e-5f));
      // Half of the rounding of the sum under the root counts, root and quotient count once each. The shift's product
      // has the scale's error and rounds once.
      CHECK(std::abs(static_cast<double>(a.scale) - scale) <= 2.5 * 0x1p-24 * scale * (1 + 0x1p-20));
      const double product = static_cast<double>(mean) * scale;
      CHECK(std::abs(static_cast<double>(a.shift) - (static_cast<double>(0.3f) - product)) <=
            0x1p-24 * (2.5 * std::abs(product) + std::abs(0.3 - product)) * (1 + 0x1p-20));
    }
  }
}
