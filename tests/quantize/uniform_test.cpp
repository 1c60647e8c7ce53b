#include <minnow/quantize/uniform.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/quantize/properties.hpp>
#include <minnow/quantize/scheme.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<uniform<2>> && quantizer<uniform<8>>);
static_assert(uniform<4>::max_code == 7 && uniform<8>::max_code == 127 && uniform<8>::min_code == -127);
static_assert(uniform<4>::storage == encoding::nibble && uniform<8>::storage == encoding::byte);
static_assert(std::is_same_v<minw<8, 1>, scheme<uniform<8>, sign>>);
static_assert(std::is_same_v<minw<8, 3>, scheme<uniform<8>, power_of_two<3>>>);
static_assert(std::is_same_v<minw<8, 8>, scheme<uniform<8>, uniform<8>>>);

namespace {

template <int Bits>
void check_codes() {
  CAPTURE(Bits);
  const double highest = std::pow(2.0, Bits - 1) - 1;
  const auto code = [](float x) { return uniform<Bits>::code(x, {}); };
  int beside_a_tie = 0;
  for (const float x : test::values()) {
    const double place = static_cast<double>(x) * highest;
    const double wanted = std::isnan(x) ? -highest : std::clamp(std::nearbyint(place), -highest, highest);
    if (code(x) == wanted) continue;
    // x * (2^(Bits-1)-1) is rounded to a float, which may move it onto or over a tie.
    CHECK(std::abs(code(x) - wanted) == 1);
    CHECK(std::abs(std::abs(place - std::floor(place)) - 0.5) <= std::abs(place) * 0x1p-24);
    ++beside_a_tie;
  }
  CHECK(beside_a_tie <= 2);
  CHECK(test::lane_difference(test::values(), [](auto x) { return uniform<Bits>::code(x, {}); }) == "");
}

}  // namespace

TEST_SUITE("quantize/uniform") {
  TEST_CASE("a code is the nearest integer to x (2^(n-1)-1), clamped") {
    check_codes<2>();
    check_codes<3>();
    check_codes<4>();
    check_codes<8>();
  }

  TEST_CASE("the outermost levels are -1 and 1, and 0 is a level") {
    for (const float x : {-5.0f, -1.0f, 0.0f, 1.0f, 5.0f})
      CHECK(quantized<uniform<8>>(x, {}) == doctest::Approx(std::clamp(x, -1.0f, 1.0f)).epsilon(1e-7));
    CHECK(uniform<8>::range({}).low == -1);
    CHECK(uniform<8>::range({}).high == 1);
  }

  TEST_CASE("has a stable name") { CHECK(uniform<8>::name().view() == "uniform<8>"); }
}
