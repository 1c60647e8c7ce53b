#include <minnow/quantize/quantizer_base.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>

#include <minnow/quantize/granularity.hpp>

#include "four_levels.hpp"
#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

// This namespace has a name because compilers report members of an unnamed namespace as unused if only a concept uses
// them.
namespace quantizer_base_test {

/// User-defined quantizers that add only a name and a scale.
struct five_bits : signed_codes<5> {
  static constexpr text name() { return "five_bits"; }
  template <class Value>
  static Value code(Value x, const state&) {
    return nearest(x, 0.25f);
  }
  static constexpr float scale(const state&) { return 0.25f; }
  static constexpr interval range(const state&) { return range_of(0.25f); }
};
template <class Granularity>
struct five_bits_per : detail::with_granularity<five_bits, Granularity> {};

}  // namespace quantizer_base_test

using namespace quantizer_base_test;

// The defaults: signed bytes, the range [-1, 1], and unquantized weights that training keeps inside this range.
static_assert(test::four_levels::storage == encoding::byte && test::four_levels::clips_weights &&
              !test::four_levels::per_channel);
static_assert(test::four_levels::range({}).low == -1 && test::four_levels::range({}).high == 1);
static_assert(test::four_levels::supports(role::inputs) && test::four_levels::supports(role::weights));

static_assert(quantizer<test::four_levels> && quantizer<five_bits>);

static_assert(signed_codes<2>::min_code == -1 && signed_codes<2>::max_code == 1 && signed_codes<8>::min_code == -127 &&
              signed_codes<8>::max_code == 127);
static_assert(unsigned_codes<1>::min_code == 0 && unsigned_codes<1>::max_code == 1 &&
              unsigned_codes<8>::max_code == 255);
static_assert(signed_codes<4>::storage == encoding::nibble && signed_codes<5>::storage == encoding::byte &&
              unsigned_codes<4>::storage == encoding::unsigned_nibble &&
              unsigned_codes<5>::storage == encoding::unsigned_byte);
static_assert(signed_codes<4>::supports(role::weights) && signed_codes<4>::supports(role::inputs) &&
              !unsigned_codes<4>::supports(role::weights) && unsigned_codes<4>::supports(role::inputs));
static_assert(!signed_codes<4>::clips_weights && !unsigned_codes<4>::clips_weights);

static_assert(five_bits_per<per_channel>::per_channel && !five_bits_per<per_tensor>::per_channel);
static_assert(!five_bits_per<per_channel>::supports(role::inputs) &&
              five_bits_per<per_channel>::supports(role::weights) && five_bits_per<per_tensor>::supports(role::inputs));

TEST_SUITE("quantize/quantizer_base") {
  TEST_CASE("codes are x / step, rounded to the nearest code; ties go to the even one") {
    CHECK(test::difference(
              test::values(), [](float x) { return five_bits::code(x, {}); },
              [](double x) { return std::fmin(std::fmax(std::nearbyint(x * 4), -15.0), 15.0); }) == "");
    CHECK(test::lane_difference(test::values(), [](auto x) { return five_bits::code(x, {}); }) == "");
    CHECK(five_bits::code(test::nan, {}) == -15);
    CHECK(unsigned_codes<3>::nearest(100.0f, 2) == 7);
    CHECK(unsigned_codes<3>::nearest(-1.0f, 2) == 0);
    CHECK(unsigned_codes<3>::nearest(5.0f, 2) == 2);
  }

  TEST_CASE("a step that is not above 0 makes every code 0") {
    for (const float step : {0.0f, -1.0f, test::nan}) CHECK(signed_codes<4>::nearest(3.0f, step) == 0);
  }

  TEST_CASE("the range reaches from the lowest to the highest value") {
    CHECK(signed_codes<4>::range_of(0.5f).low == -3.5f);
    CHECK(signed_codes<4>::range_of(0.5f).high == 3.5f);
    CHECK(unsigned_codes<4>::range_of(0.5f).low == 0);
    CHECK(unsigned_codes<4>::range_of(0.5f).high == 7.5f);
  }
}
