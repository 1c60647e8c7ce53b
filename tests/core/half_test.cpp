#include <minnow/core/half.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "values.hpp"

using namespace minnow;

static_assert(half_bits(1.0f) == 0x3c00 && half_bits(-2.0f) == 0xc000 && half_bits(0.0f) == 0);
static_assert(half_bits(65504.0f) == 0x7bff && half_bits(0x1p-24f) == 1 && half_bits(0x1p-14f) == 0x0400);
static_assert(half_value(0x3555) == 0x1.554p-2f && half_value(0x7bff) == 65504.0f && half_value(1) == 0x1p-24f);

namespace {

/// Returns the value of a finite 16-bit float, computed from its fields.
double value_of(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 != 0 ? -magnitude : magnitude;
}

}  // namespace

TEST_SUITE("core/half") {
  TEST_CASE("every finite 16-bit float has its value and comes back") {
    for (unsigned sign : {0u, 0x8000u})
      for (unsigned magnitude = 0; magnitude < 0x7c00u; ++magnitude) {
        const auto bits = static_cast<std::uint16_t>(sign | magnitude);
        CAPTURE(bits);
        REQUIRE(half_value(bits) == value_of(bits));
        REQUIRE(half_bits(half_value(bits)) == bits);
      }
  }

  TEST_CASE("between two neighbors the nearer one is taken, and halfway the even one") {
    for (unsigned sign : {0u, 0x8000u})
      for (unsigned magnitude = 0; magnitude < 0x7bffu; ++magnitude) {
        const auto lower = static_cast<std::uint16_t>(sign | magnitude);
        const auto upper = static_cast<std::uint16_t>(lower + 1);
        CAPTURE(lower);
        const auto halfway = static_cast<float>((value_of(lower) + value_of(upper)) / 2);
        const float outward = sign != 0 ? -test::infinity : test::infinity;
        REQUIRE(half_bits(std::nextafter(halfway, 0.0f)) == lower);
        REQUIRE(half_bits(halfway) == (lower % 2 == 0 ? lower : upper));
        REQUIRE(half_bits(std::nextafter(halfway, outward)) == upper);
      }
  }

  TEST_CASE("saturates beyond 65504, infinities too") {
    for (const float x : {65504.0f, 65505.0f, 65520.0f, 65536.0f, 1e38f, test::infinity}) {
      CHECK(half_bits(x) == 0x7bff);
      CHECK(half_bits(-x) == 0xfbff);
    }
  }

  TEST_CASE("keeps the sign of zero and of what rounds to it") {
    CHECK(half_bits(-0.0f) == 0x8000);
    CHECK(half_bits(-0x1p-25f) == 0x8000);
    CHECK(half_bits(-1e-40f) == 0x8000);
    CHECK(half_bits(1e-40f) == 0);
    CHECK(std::signbit(half_value(0x8000)));
  }

  TEST_CASE("NaN stays NaN, whatever its payload") {
    CHECK(std::isnan(round_to_half(test::nan)));
    CHECK(std::isnan(round_to_half(std::bit_cast<float>(0x7f800001u))));
    CHECK(std::isnan(round_to_half(std::bit_cast<float>(0xffffffffu))));
  }

  TEST_CASE("reads the infinities that others have written") {
    CHECK(half_value(0x7c00) == test::infinity);
    CHECK(half_value(0xfc00) == -test::infinity);
  }
}
