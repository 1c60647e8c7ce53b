#include <minnow/quantize/half.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/quantize/properties.hpp>

#include "values.hpp"

using namespace minnow;

static_assert(quantizer<half>);
static_assert(half::bits == 16 && half::storage == encoding::half && half::max_code == 0);
static_assert(!half::clips_weights && !half::uniform_init);

namespace {

// Returns x rounded to a multiple of the spacing of 16-bit floats near x, ties to even, and limited to ±65504. The
// spacing gives 11 significant bits, but is never finer than 2^-24. Scaling by powers of two is exact in double
// precision.
double half_formula(double x) {
  if (std::abs(x) >= 65504) return std::copysign(65504.0, x);
  const int exponent = x == 0 ? -14 : std::max(std::ilogb(x), -14);
  return std::ldexp(std::nearbyint(std::ldexp(x, 10 - exponent)), exponent - 10);
}

float half_of(float x) { return quantized<half>(x, {}); }

}  // namespace

TEST_SUITE("quantize/half") {
  TEST_CASE("rounds to the nearest 16-bit float, ties to even") {
    const std::vector<float> thresholds{
        0x1p-25f,                                  // half of the smallest number: rounds to 0
        0x3p-25f,                                  // midway between the two smallest numbers: rounds up, to even
        0x1p-24f,     0x1p-14f,     0x1.ff8p-15f,  // the smallest, the smallest normal, the largest subnormal
        0x1.ffcp-15f,                              // halfway between the largest subnormal and the smallest normal
        1 + 0x1p-11f, 1 + 0x3p-11f,                // ties around 1: one rounds down, one up
        65503.0f,     65504.0f,     65519.0f,     65520.0f, 65536.0f};
    CHECK(test::difference(test::values(thresholds), half_of, half_formula) == "");
  }

  TEST_CASE("saturates where a 16-bit float would overflow") {
    CHECK(half_of(65520.0f) == 65504.0f);
    CHECK(half_of(1e30f) == 65504.0f);
    CHECK(half_of(-test::infinity) == -65504.0f);
  }

  TEST_CASE("NaN stays NaN") { CHECK(std::isnan(half_of(test::nan))); }

  TEST_CASE("does not clip") {
    CHECK(half_of(3.0f) == 3.0f);
    CHECK(half::range({}).low == -test::infinity);
    CHECK(half::range({}).high == test::infinity);
  }

  TEST_CASE("has a stable name") { CHECK(half::name().view() == "half"); }
}
