#include <minnow/quantize/real.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<real>);
static_assert(real::bits == 32 && real::storage == encoding::real && real::max_code == 0);
static_assert(!real::clips_weights && !real::uniform_init);

TEST_SUITE("quantize/real") {
  TEST_CASE("leaves every number as it is") {
    const auto h = [](float x) { return quantized<real>(x, {}); };
    CHECK(test::difference(test::with_nan(test::values()), h, [](double x) { return x; }) == "");
    CHECK(std::signbit(h(-0.0f)));
  }

  TEST_CASE("is the same for a SIMD batch") {
    CHECK(test::lane_difference(test::with_nan(test::values()), [](auto x) { return real::code(x, {}); }) == "");
  }

  TEST_CASE("does not clip") {
    CHECK(real::range({}).low == -test::infinity);
    CHECK(real::range({}).high == test::infinity);
  }

  TEST_CASE("has a stable name") { CHECK(real::name().view() == "real"); }
}
