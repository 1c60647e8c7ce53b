#include <minnow/quantize/methods/given.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<given_sign<>> && quantizer<given_integer<-1, 1>> && affine_quantizer<given_affine<8>>);
static_assert(given_sign<>::name().view() == "given_sign" &&
              given_sign<per_channel>::name().view() == "given_sign<per_channel>");
static_assert(given_integer<-8, 7, per_channel>::name().view() == "given_integer<-8,7,per_channel>");
static_assert(given_affine<4>::name().view() == "given_affine<4>");
static_assert(given_integer<-1, 1>::storage == encoding::ternary && given_integer<-2, 1>::storage == encoding::nibble &&
              given_integer<-8, 7>::storage == encoding::byte && given_integer<-127, 127>::storage == encoding::byte &&
              given_integer<0, 3>::storage == encoding::unsigned_nibble &&
              given_integer<0, 255>::storage == encoding::unsigned_byte);
static_assert(given_integer<-1, 1>::bits == 2 && given_integer<0, 3>::bits == 2 && given_integer<-8, 7>::bits == 5 &&
              given_integer<-127, 127>::bits == 8 && given_integer<0, 255>::bits == 8);
static_assert(given_integer<-8, 7>::max_code == 8 && !given_integer<-8, 7>::rounds && given_integer<-7, 7>::rounds);
static_assert(!given_integer<0, 3>::supports(role::weights) && given_integer<0, 3>::supports(role::inputs) &&
              !given_integer<-7, 7, per_channel>::supports(role::inputs) && !given_affine<8>::supports(role::weights));

namespace {

/// ONNX's QuantizeLinear in double precision; with a zero point of 0, also QONNX's Quant. Returns q - zero.
double quant_code(double x, double scale, double zero, double lowest, double highest) {
  return std::clamp(std::nearbyint(x / scale) + zero, lowest, highest) - zero;
}

template <class Q>
void check_quant(float scale, double zero, double lowest, double highest, const typename Q::state& state) {
  for (int i = -3000; i <= 3000; ++i) {
    // If the scale is a power of two, these numbers are exact in floats, ties included. Otherwise they are no ties.
    const float place = static_cast<float>(i) * 0.25f + (scale == 0.3f ? 0.1f : 0.0f);
    const float x = place * scale;
    const double expected = quant_code(static_cast<double>(x), static_cast<double>(scale), zero, lowest, highest);
    CHECK(static_cast<double>(Q::code(x, state)) == expected);
    CHECK(quantized<Q>(x, state) == static_cast<float>(expected * static_cast<double>(scale)));
  }
}

}  // namespace

TEST_SUITE("quantize/given") {
  TEST_CASE_TEMPLATE("the state is kept, and only finite values are accepted", q, given_sign<>, given_integer<-7, 7>,
                     given_affine<8>) {
    typename q::state s{};
    CHECK(q::scale(s) == 1);
    s.scale = 0.375f;
    CHECK(q::observe(s, std::vector<float>{5, -80}, role::inputs));
    CHECK(q::observe(s, std::vector<float>{5, -80}, role::weights));
    CHECK(q::scale(s) == 0.375f);
    CHECK_FALSE(q::observe(s, std::vector<float>{test::nan}, role::inputs));
    CHECK_FALSE(q::observe(s, std::vector<float>{HUGE_VALF}, role::weights));
    CHECK(is_sound<q>(s));
    CHECK(never_falls<q>(s));
    for (const float bad : {-1.0f, test::nan, HUGE_VALF}) {
      s.scale = bad;
      CHECK_FALSE(is_sound<q>(s));
      q::limit(s);
      CHECK(is_sound<q>(s) == (bad < 0));
    }
  }

  TEST_CASE("a sign is +1 at 0, times the scale") {
    CHECK(quantized<given_sign<>>(0.0f, {2.5f}) == 2.5f);
    CHECK(quantized<given_sign<>>(-0.0f, {2.5f}) == 2.5f);
    CHECK(quantized<given_sign<>>(-std::numeric_limits<float>::denorm_min(), {2.5f}) == -2.5f);
    CHECK(given_sign<>::code(test::nan, {1}) == -1);
    CHECK(given_sign<>::range({0.5f}).low == -0.5f);
  }

  TEST_CASE("integers follow QONNX's Quant, ties to even") {
    for (const float scale : {1.0f, 0.0625f, 0.3f, 8.0f}) {
      check_quant<given_integer<-1, 1>>(scale, 0, -1, 1, {scale});
      check_quant<given_integer<-2, 1>>(scale, 0, -2, 1, {scale});
      check_quant<given_integer<-8, 7>>(scale, 0, -8, 7, {scale});
      check_quant<given_integer<-127, 127>>(scale, 0, -127, 127, {scale});
      check_quant<given_integer<0, 3>>(scale, 0, 0, 3, {scale});
      check_quant<given_integer<0, 255>>(scale, 0, 0, 255, {scale});
      for (const int zero : {0, 3, 128, 255})
        check_quant<given_affine<8>>(scale, zero, 0, 255, {scale, static_cast<float>(zero)});
      check_quant<given_affine<2>>(scale, 2, 0, 3, {scale, 2});
    }
    CHECK(given_integer<-2, 1>::code(test::nan, {1}) == -2);
    CHECK(given_affine<8>::code(test::nan, {1, 100}) == -100);
  }

  TEST_CASE("a scale of 0 has the value 0") {
    CHECK(quantized<given_integer<-7, 7>>(3.0f, {0}) == 0);
    CHECK(quantized<given_affine<8>>(3.0f, {0, 7}) == 0);
    CHECK(quantized<given_sign<>>(3.0f, {0}) == 0);
  }

  TEST_CASE("a zero point is an integer that is a byte of the codes") {
    for (const auto& [zero, limited] : {std::pair{-1.0f, 0.0f}, {2.4f, 2.0f}, {300.0f, 255.0f}}) {
      given_affine<8>::state s{1, zero};
      CHECK_FALSE(is_sound<given_affine<8>>(s));
      given_affine<8>::limit(s);
      CHECK(s.zero == limited);
      CHECK(is_sound<given_affine<8>>(s));
    }
    CHECK(given_affine<8>::zero({1, test::nan}) == 0);
    CHECK(given_affine<8>::zero({1, 1e30f}) == 255);
    CHECK(given_affine<8>::range({0.5f, 128}).low == -64);
    CHECK(given_affine<8>::range({0.5f, 128}).high == 63.5f);
  }

  TEST_CASE("codes are the same for a SIMD batch") {
    const auto x = test::with_nan(test::values());
    CHECK(test::lane_difference(x, [](auto v) { return given_sign<>::code(v, {0.3f}); }) == "");
    CHECK(test::lane_difference(x, [](auto v) { return given_integer<-8, 7>::code(v, {0.3f}); }) == "");
    CHECK(test::lane_difference(x, [](auto v) { return given_affine<8>::code(v, {0.3f, 17}); }) == "");
  }
}
