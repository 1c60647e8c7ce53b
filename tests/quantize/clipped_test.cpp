#include <minnow/quantize/clipped.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/quantize/half.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/quantize/real.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<clipped<half>> && quantizer<clipped<real>>);
static_assert(clipped<half>::storage == encoding::half && clipped<half>::bits == 16);
static_assert(clipped<real>::storage == encoding::real && clipped<real>::bits == 32);

namespace {

double hard_tanh_of(double x) { return std::max(-1.0, std::min(1.0, x)); }

}  // namespace

TEST_SUITE("quantize/clipped") {
  TEST_CASE("a clipped real is hard tanh") {
    const auto h = [](float x) { return quantized<clipped<real>>(x, {}); };
    CHECK(test::difference(test::values(), h, hard_tanh_of) == "");
    CHECK(test::lane_difference(test::with_nan(test::values()), [](auto x) { return clipped<real>::code(x, {}); }) ==
          "");
  }

  TEST_CASE("a clipped half rounds what hard tanh leaves") {
    const auto h = [](float x) { return quantized<clipped<half>>(x, {}); };
    const auto inside = [](double x) { return round_to_half(static_cast<float>(hard_tanh_of(x))); };
    CHECK(test::difference(test::values({1 - 0x1p-12f, 1 - 0x3p-12f}), h, inside) == "");
    CHECK(h(1 - 0x1p-12f) == 1);
    CHECK(h(1 - 0x3p-12f) == 1 - 0x1p-10f);
    CHECK(h(test::infinity) == 1);
  }

  TEST_CASE("NaN stays NaN") {
    CHECK(std::isnan(quantized<clipped<real>>(test::nan, {})));
    CHECK(std::isnan(quantized<clipped<half>>(test::nan, {})));
  }

  TEST_CASE("has the range of hard tanh") {
    CHECK(clipped<half>::range({}).low == -1);
    CHECK(clipped<real>::range({}).high == 1);
  }

  TEST_CASE("has stable names") {
    CHECK(clipped<half>::name().view() == "clipped<half>");
    CHECK(clipped<real>::name().view() == "clipped<real>");
  }
}
