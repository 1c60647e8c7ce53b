#include <minnow/quantize/sign.hpp>

#include <doctest/doctest.h>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<sign>);
static_assert(sign::bits == 1 && sign::storage == encoding::bit && sign::max_code == 1);
static_assert(sign::clips_weights && !sign::uniform_init && !sign::per_channel);
static_assert(sign::supports(role::inputs) && sign::supports(role::weights));
static_assert(quantizer<sign_nonnegative>);
static_assert(sign_nonnegative::bits == 1 && sign_nonnegative::storage == encoding::bit);
static_assert(sign_nonnegative::code(0.0f, {}) == 1 && sign_nonnegative::code(-0.25f, {}) == -1);
static_assert(sign::code(0.0f, {}) == -1 && sign::code(0.25f, {}) == 1);

namespace {

// Computes Chen et al. 2020, Eq. 4, with 0 on the negative side.
double sign_formula(double x) { return x > 0 ? 1 : -1; }

// Computes Larq's ste_sign and QONNX's BipolarQuant with scale 1: -1 if x < 0, else 1.
double nonnegative_formula(double x) { return x < 0 ? -1 : 1; }

float nonnegative_of(float x) { return quantized<sign_nonnegative>(x, {}); }

float sign_of(float x) { return quantized<sign>(x, {}); }

}  // namespace

TEST_SUITE("quantize/sign") {
  TEST_CASE("is +1 for positive numbers and -1 for the others") {
    CHECK(test::difference(test::values(), sign_of, sign_formula) == "");
  }

  TEST_CASE("zero counts as -1") {
    CHECK(sign_of(0.0f) == -1);
    CHECK(sign_of(-0.0f) == -1);
    CHECK(sign_of(std::numeric_limits<float>::denorm_min()) == 1);
  }

  TEST_CASE("NaN counts as -1") { CHECK(sign_of(test::nan) == -1); }

  TEST_CASE("is the same for a SIMD batch") {
    CHECK(test::lane_difference(test::with_nan(test::values()), [](auto x) { return sign::code(x, {}); }) == "");
  }

  TEST_CASE("sign_nonnegative is -1 for negative numbers and NaN, and +1 for the others") {
    CHECK(test::difference(test::values(), nonnegative_of, nonnegative_formula) == "");
    CHECK(nonnegative_of(0.0f) == 1);
    CHECK(nonnegative_of(-0.0f) == 1);
    CHECK(nonnegative_of(-std::numeric_limits<float>::denorm_min()) == -1);
    CHECK(nonnegative_of(test::nan) == -1);
    CHECK(test::lane_difference(test::with_nan(test::values()), [](auto x) { return sign_nonnegative::code(x, {}); }) ==
          "");
    CHECK(is_dyadic<sign_nonnegative>());
    CHECK(sign_nonnegative::name().view() == "sign_nonnegative");
  }

  TEST_CASE("has the range of hard tanh") {
    CHECK(sign::range({}).low == -1);
    CHECK(sign::range({}).high == 1);
  }

  TEST_CASE("has a stable name") { CHECK(sign::name().view() == "sign"); }
}
