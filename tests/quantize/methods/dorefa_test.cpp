#include <minnow/quantize/methods/dorefa.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(dorefa_weights<2>::storage == encoding::nibble && dorefa_weights<4>::storage == encoding::byte);
static_assert(dorefa_inputs<4>::storage == encoding::unsigned_nibble &&
              dorefa_inputs<8>::storage == encoding::unsigned_byte);
static_assert(!dorefa_weights<2>::supports(role::inputs) && !dorefa_inputs<2>::supports(role::weights));

namespace {

/// Number of steps between the lowest and the highest level: one fewer than in the paper with 8 bits.
double steps_of(int bits) { return bits < 8 ? std::pow(2.0, bits) - 1 : 254; }

/// Computes Zhou et al. 2016, Eq. 9, in double precision.
double weight_formula(double w, double largest, int bits) {
  const double n = steps_of(bits);
  const double t = std::tanh(w) / (2 * std::tanh(largest)) + 0.5;
  return 2 * std::nearbyint(t * n) / n - 1;
}

template <int Bits>
void check_weights() {
  CAPTURE(Bits);
  using q = dorefa_weights<Bits>;
  const auto w = test::uniform(2000, 9, -1.4f, 1.2f);
  float largest = 0;
  for (const float x : w) largest = std::max(largest, std::abs(x));
  typename q::state s;
  REQUIRE(q::observe(s, w, role::weights));
  const double n = steps_of(Bits);
  int beside_a_tie = 0;
  for (const float x : w) {
    const double found = quantized<q>(x, s), wanted = weight_formula(x, largest, Bits);
    if (std::abs(found - wanted) < 1e-6) continue;
    // The float code may differ from the formula's code by one level, but only if the value is very close to a tie.
    const double place = (std::tanh(x) / (2 * std::tanh(largest)) + 0.5) * n;
    CHECK(std::abs(place - std::floor(place) - 0.5) < 1e-5);
    ++beside_a_tie;
  }
  CHECK(beside_a_tie <= 2);
}

}  // namespace

TEST_SUITE("quantize/methods/dorefa") {
  TEST_CASE("weights follow the formula") {
    check_weights<2>();
    check_weights<3>();
    check_weights<4>();
    check_weights<7>();
    check_weights<8>();
  }

  TEST_CASE("with 8 bits, weights take all codes of a signed byte and are near the paper's 256 levels") {
    using q = dorefa_weights<8>;
    q::state s;
    REQUIRE(q::observe(s, std::vector<float>{1.25f, -0.5f}, role::weights));
    std::vector<int> counts(255);
    for (int i = -5000; i <= 5000; ++i) {
      const float w = static_cast<float>(i) / 4000;
      const float code = q::code(w, s);
      REQUIRE(std::abs(code) <= 127);
      ++counts[static_cast<std::size_t>(code + 127)];
      const double t = std::tanh(static_cast<double>(w)) / (2 * std::tanh(1.25)) + 0.5;
      const double paper = 2 * std::nearbyint(255 * t) / 255 - 1;
      CHECK(std::abs(static_cast<double>(quantized<q>(w, s)) - paper) < 0.5 / 127 + 0.5 / 127.5 + 1e-6);
    }
    CHECK(std::find(counts.begin(), counts.end(), 0) == counts.end());
  }

  TEST_CASE("the gradient of weights is that of what stands before the rounding") {
    using q = dorefa_weights<3>;
    q::state s;
    REQUIRE(q::observe(s, std::vector<float>{1.25f, -0.5f}, role::weights));
    for (const float x : {-1.2f, -0.3f, 0.0f, 0.4f, 1.1f}) {
      const double h = 1e-5;
      const auto smooth = [&](double w) { return 2 * (std::tanh(w) / (2 * std::tanh(1.25)) + 0.5) - 1; };
      CHECK(q::slope(role::weights, x, s) == doctest::Approx((smooth(x + h) - smooth(x - h)) / (2 * h)).epsilon(1e-5));
    }
  }

  TEST_CASE("one bit is the mean magnitude of the layer times the sign, straight through") {
    using q = dorefa_weights<1>;
    q::state s;
    REQUIRE(q::observe(s, std::vector<float>{0.5f, -1.5f}, role::weights));
    CHECK(quantized<q>(0.2f, s) == 1);
    CHECK(quantized<q>(-0.2f, s) == -1);
    CHECK(q::slope(role::weights, 0.2f, s) == 1);
    CHECK_FALSE(q::per_channel);
  }

  TEST_CASE_TEMPLATE("inputs follow the formula", q, dorefa_inputs<1>, dorefa_inputs<2>, dorefa_inputs<4>,
                     dorefa_inputs<8>) {
    const double n = q::max_code;
    CHECK(test::difference(
              test::values(), [](float x) { return q::code(x, {}); },
              [&](double x) {
                return std::nearbyint(
                    std::clamp(static_cast<double>(static_cast<float>(x) * static_cast<float>(n)), 0.0, n));
              }) == "");
    CHECK(q::code(1.0f, {}) * q::scale({}) == doctest::Approx(1.0));
    CHECK(test::lane_difference(test::with_nan(test::values()), [](auto x) { return q::code(x, {}); }) == "");
    CHECK(q::code(test::nan, {}) == 0);
  }
}
