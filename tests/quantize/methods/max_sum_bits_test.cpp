#include <minnow/quantize/methods/max_sum_bits.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/quantize/operation.hpp>
#include <minnow/quantize/properties.hpp>

#include "../projections.hpp"
#include "values.hpp"

using namespace minnow;
using test::code_of_formula;
using test::gaussian;

// This namespace has a name because this file may be compiled together with other tests.
namespace max_sum_bits_test {

template <int SumBits, class Inputs, int Bits = 4>
using weights_of = typename max_sum_bits<SumBits, scheme<Inputs, integer<Bits, per_channel>>>::weights;

/// The sum of |code| by the formula in double precision.
template <class Quantizer>
double sum_of_formula(const std::vector<float>& xs, double g) {
  double sum = 0;
  for (const float x : xs) sum += std::abs(code_of_formula(static_cast<double>(x), g, Quantizer::bits));
  return sum;
}

template <class Quantizer>
double sum_of_codes(const std::vector<float>& xs, const typename Quantizer::state& s) {
  double sum = 0;
  for (const float x : xs) sum += static_cast<double>(std::abs(Quantizer::code(x, s)));
  return sum;
}

}  // namespace max_sum_bits_test

using namespace max_sum_bits_test;

// (2^15 - 1) / 255 = 128.5, (2^15 - 1) / 127 = 258.01, (2^15 - 1) / 15 = 2184.5, 2^7 - 1
static_assert(weights_of<16, unsigned_integer<8>>::max_sum == 128 && weights_of<16, integer<8>>::max_sum == 258);
static_assert(weights_of<16, unsigned_integer<4>>::max_sum == 2184 && weights_of<8, sign>::max_sum == 127);
static_assert(quantizer<weights_of<16, pixels>> && std::is_same_v<weights_of<16, pixels, 8>, bounded_integer<8, 128>>);
static_assert(bounded_integer<4, 9>::per_channel && !bounded_integer<4, 9>::supports(role::inputs));
static_assert(bounded_integer<4, 9>::storage == integer<4>::storage && bounded_integer<4, 9>::max_code == 7);
static_assert(short_operation_name<unsigned_integer<8>, weights_of<16, unsigned_integer<8>>>.view() ==
              "MAC 8x4 sums 16");
static_assert(short_operation_name<unsigned_integer<8>, integer<4, per_channel>>.view() == "MAC 8x4");

TEST_SUITE("quantize/methods/max_sum_bits") {
  TEST_CASE_TEMPLATE("codes are as in the formula, and their sum is within the bound", q, bounded_integer<4, 128>,
                     bounded_integer<8, 128>, bounded_integer<8, 1>, bounded_integer<2, 20>,
                     bounded_integer<4, 100000>) {
    for (const int count : {1, 9, 27, 144, 1000})
      for (const float spread : {1e-3f, 1.0f, 1e3f}) {
        CAPTURE(count);
        CAPTURE(spread);
        std::vector<float> xs = gaussian(count, static_cast<std::uint64_t>(count));
        for (float& x : xs) x *= spread;
        typename q::state s{};
        REQUIRE(q::observe(s, xs, role::weights));
        const auto code = [&](float x) { return q::code(x, s); };
        CHECK(test::difference(xs, code, [&](double x) { return code_of_formula(x, s.g, q::bits); }) == "");
        CHECK(sum_of_codes<q>(xs, s) == sum_of_formula<q>(xs, static_cast<double>(s.g)));
        CHECK(sum_of_codes<q>(xs, s) <= q::max_sum);
        // With a smaller scale the sum is too large, unless the scale is PPQ's.
        if (s.g != s.unbounded) CHECK(sum_of_formula<q>(xs, static_cast<double>(s.g) / 1.0028) > q::max_sum);
      }
  }

  TEST_CASE("a filter within the bound has the scale of integer<Bits, per_channel>") {
    const std::vector<float> xs = gaussian(50, 3);
    integer<4, per_channel>::state free{};
    bounded_integer<4, 350>::state bounded{};
    for (int step = 0; step < 3; ++step) {
      REQUIRE(integer<4, per_channel>::observe(free, xs, role::weights));
      REQUIRE(bounded_integer<4, 350>::observe(bounded, xs, role::weights));
      CHECK(bounded.g == free.g);
      CHECK(bounded.unbounded == free.g);
    }
  }

  TEST_CASE("no sum of 8-bit inputs exceeds 16 bits") {
    using q = weights_of<16, unsigned_integer<8>>;
    const std::vector<float> xs = gaussian(288, 5);
    q::state s{};
    REQUIRE(q::observe(s, xs, role::weights));
    // The largest and the smallest sum: inputs of 255 at all positive or at all negative weights.
    double largest = 0, smallest = 0;
    for (const float x : xs) (x > 0 ? largest : smallest) += 255 * static_cast<double>(q::code(x, s));
    CHECK(largest - smallest <= std::numeric_limits<std::int16_t>::max());
  }

  TEST_CASE("equal weights, zeros, and weights near the limits of floats") {
    using q = bounded_integer<4, 10>;
    for (const float size : {1.0f, 1e-38f, 1e-45f, 1e30f}) {
      CAPTURE(size);
      const std::vector<float> xs(33, size);
      q::state s{};
      REQUIRE(q::observe(s, xs, role::weights));
      CHECK(sum_of_codes<q>(xs, s) <= 10);
      CHECK(std::isfinite(s.g));
    }
    q::state s{};
    CHECK(q::observe(s, std::vector<float>(5, 0.0f), role::weights));
    CHECK(q::code(1.0f, s) == 0);
  }

  TEST_CASE("NaN and infinities are refused and leave the state") {
    using q = bounded_integer<4, 10>;
    q::state s{.g = 0.5f, .unbounded = 0.25f};
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF}) {
      CHECK(!q::observe(s, std::vector<float>{1, bad}, role::weights));
      CHECK(s.g == 0.5f);
      CHECK(s.unbounded == 0.25f);
    }
    CHECK(is_sound<q>(s));
    CHECK(!is_sound<q>({.g = -1, .unbounded = 1}));
  }
}
