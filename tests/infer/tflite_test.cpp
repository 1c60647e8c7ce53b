#include <minnow/infer/tflite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <minnow/core/random.hpp>

#include "tflite_reference.hpp"

using namespace minnow;
namespace lite = tflite_reference;

TEST_SUITE("infer/tflite") {
  TEST_CASE("products with both roundings follow the specification") {
    minnow::random r(seed{1});
    for (int i = 0; i < 200000; ++i) {
      const auto x =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(r.next()) >> (i % 31)) * (i % 2 == 0 ? 1 : -1);
      const double real = std::exp2(static_cast<double>(r.uniform(-24, i % 31 > 8 ? 6.0f : 0.0f)));
      const auto factor = minnow::detail::tflite_factor_of(real);
      const auto expected = lite::factor_of(real);
      REQUIRE(factor.multiplier == expected.q);
      REQUIRE(factor.shift == expected.shift);
      if ((std::abs)(static_cast<double>(x)) * std::exp2(std::max(expected.shift, 0)) < 0x1p31)
        REQUIRE(minnow::detail::tflite_product(x, factor) == lite::times(x, expected));
    }
    for (int i = 0; i < 20000; ++i) {
      const auto x = static_cast<std::int32_t>(r.below(1 << 24)) - (1 << 23);
      const double real = std::exp2(static_cast<double>(r.uniform(-20, 0)));
      CHECK(minnow::detail::tflite_product_rounded_once(x, minnow::detail::tflite_factor_of(real)) ==
            lite::times_once(x, lite::factor_of(real)));
    }
    // Ties: half a unit rounds up in the product, and away from 0 in the shift.
    CHECK(minnow::detail::doubling_high_product(1, 1 << 30) == 1);
    CHECK(minnow::detail::doubling_high_product(-1, 1 << 30) == 0);
    CHECK(minnow::detail::rounded_shift(3, 1) == 2);
    CHECK(minnow::detail::rounded_shift(-3, 1) == -2);
    CHECK(minnow::detail::rounded_shift(-5, 31) == 0);
    constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
    CHECK(minnow::detail::doubling_high_product(lowest, lowest) == std::numeric_limits<std::int32_t>::max());
    CHECK(minnow::detail::tflite_factor_of(0) == minnow::detail::tflite_factor{});
    CHECK(minnow::detail::tflite_factor_of(1e-12) == minnow::detail::tflite_factor{});
    CHECK(minnow::detail::tflite_factor_of(1.0 - 1e-15) == minnow::detail::tflite_factor{1 << 30, 1});
  }
}
