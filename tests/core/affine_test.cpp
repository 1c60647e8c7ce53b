#include <minnow/core/affine.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "values.hpp"

using namespace minnow;

namespace {

// From -O2 on, gcc contracts a product and a sum into an fma.
[[gnu::noinline]] float plus_product(float sum, float x, float y) { return sum + detail::rounded_product(x, y); }
[[gnu::noinline]] float minus_product(float sum, float x, float y) { return sum - detail::rounded_product(x, y); }
[[gnu::noinline]] void add_products(float (&sums)[64], const float (&xs)[64], float y) {
  for (int i = 0; i < 64; ++i) sums[i] += detail::rounded_product(xs[i], y);
}

}  // namespace

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
      // The scale gamma / sqrt(variance + epsilon) is rounded three times. The sum under the root contributes half a
      // rounding, because the root halves its relative error. The root and the quotient contribute one rounding each.
      // The shift beta - mean * scale has the error of the scale, times the mean, and one more rounding.
      CHECK(std::abs(static_cast<double>(a.scale) - scale) <= 2.5 * 0x1p-24 * scale * (1 + 0x1p-20));
      const double product = static_cast<double>(mean) * scale;
      CHECK(std::abs(static_cast<double>(a.shift) - (static_cast<double>(0.3f) - product)) <=
            0x1p-24 * (2.5 * std::abs(product) + std::abs(0.3 - product)) * (1 + 0x1p-20));
    }
  }

  TEST_CASE("a rounded product is the product, rounded once") {
    // A double holds the product of two floats exactly, so the conversion to float is the only rounding.
    const auto xs = test::values();
    for (const float y : {0.3f, -1.0f, 1 + 0x1p-12f, 0x1.fffffep-1f, 0x1p-100f, -0x1p100f, 0.0f, -0.0f}) {
      CAPTURE(y);
      int wrong = 0;
      for (const float x : xs) {
        const float exact = static_cast<float>(static_cast<double>(x) * static_cast<double>(y));
        const float found = detail::rounded_product(x, y);
        const bool same_sign = std::isnan(exact) || std::signbit(found) == std::signbit(exact);
        wrong += !same_sign || !test::same(static_cast<double>(found), static_cast<double>(exact));
      }
      CHECK(wrong == 0);
    }
  }

  TEST_CASE("a later addition does not fuse with a rounded product") {
    // (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 if one fma computes it, and 0 if the product is rounded first.
    volatile float factor = 1 + 0x1p-12f;  // the compiler must not know the arguments
    volatile float term = -(1 + 0x1p-11f);
    const float x = factor;
    const float shift = term;
    CHECK(std::fma(x, x, shift) == 0x1p-24f);
    CHECK(plus_product(shift, x, x) == 0);
    CHECK(minus_product(-shift, x, x) == 0);
    float sums[64];
    float xs[64];
    for (int i = 0; i < 64; ++i) {
      sums[i] = i % 2 == 0 ? shift : -shift;
      xs[i] = i % 2 == 0 ? x : -x;
    }
    add_products(sums, xs, x);
    for (const float sum : sums) CHECK(sum == 0);
  }
}
