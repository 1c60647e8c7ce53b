#include <minnow/quantize/methods/syq.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/model.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/train/network.hpp>

#include "lanes.hpp"
#include "random_numbers.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(learned_quantizer<syq_weights<1>> && learned_quantizer<syq_weights<2, per_channel>> &&
              !syq_weights<2>::supports(role::inputs) && !syq_inputs<2>::supports(role::weights));
static_assert(syq_weights<1>::storage == encoding::bit && syq_weights<2>::storage == encoding::ternary);
static_assert(!syq_weights<2>::per_channel && syq_weights<2, per_channel>::per_channel);
static_assert(syq_weights<1>::name() == text("syq_weights<1>") &&
              syq_weights<2, per_channel>::name() == text("syq_weights<2,per_channel>") &&
              syq_inputs<8>::name() == text("syq_inputs<8,4>"));
static_assert(!is_dyadic<syq_weights<1>>());

namespace syq_test {

/// Computes a · sign(w), with 0 for |w| <= threshold if there are three levels, in double precision.
double quantized_weight(double w, double scale, double threshold, bool ternary) {
  if (ternary && std::abs(w) <= threshold) return 0;
  return w > 0 ? scale : -scale;
}

}  // namespace syq_test

TEST_SUITE("quantize/methods/syq") {
  TEST_CASE_TEMPLATE("weights follow the formula", q, syq_weights<1>, syq_weights<2>, syq_weights<2, per_channel>) {
    constexpr bool ternary = q::bits == 2;
    const typename q::state s{.scale = 0.375f, .threshold = ternary ? 0.05f : 0.0f};
    CHECK(test::difference(
              test::values({0.05f}), [&](float w) { return quantized<q>(w, s); },
              [&](double w) {
                return syq_test::quantized_weight(w, 0.375, static_cast<double>(s.threshold), ternary);
              }) == "");
    CHECK(test::lane_difference(test::with_nan(test::values({0.05f})), [&](auto w) { return q::code(w, s); }) == "");
    CHECK(q::code(test::nan, s) == (ternary ? 0 : -1));
    CHECK(q::slope(role::weights, 0.7f, s) == 0.375f);
    CHECK(q::slope(role::weights, -0.7f, s) == 0.375f);
    CHECK(q::slope(role::weights, 0.01f, s) == (ternary ? 1.0f : 0.375f));
    CHECK(test::lane_difference(test::values({0.05f}), [&](auto w) { return q::slope(role::weights, w, s); }) == "");
  }

  TEST_CASE_TEMPLATE("a layer's scales have the gradient of finite differences, one for each filter or one for all", q,
                     syq_weights<1>, syq_weights<1, per_channel>, syq_weights<2>, syq_weights<2, per_channel>) {
    constexpr int inputs = 37, outputs = 5, images = 9;
    const auto x = test::uniform(images * inputs, 1), g = test::uniform(images * outputs, 2),
               w = test::uniform(outputs * inputs, 3, -1.5f, 1.5f);
    test::single_layer<dense<outputs, q>> one({1, 1, inputs}, images);
    one.set("weights", w);
    one.forward(x);
    (void)one.backward(g);
    const auto states = one.values()["state"];
    const auto found = one.gradients();
    constexpr int scales = q::per_channel ? outputs : 1;
    REQUIRE(states.size() == 2 * scales);
    int zeros = 0;
    for (int s = 0; s < scales; ++s) {
      const int first = q::per_channel ? s * inputs : 0, last = q::per_channel ? first + inputs : outputs * inputs;
      double sum = 0, largest = 0;
      for (int i = first; i < last; ++i) {
        const double magnitude = std::abs(static_cast<double>(w[static_cast<std::size_t>(i)]));
        sum += magnitude;
        largest = std::max(largest, magnitude);
      }
      const double scale = sum / (last - first), threshold = q::bits == 2 ? 0.05 * largest : 0;
      CHECK(states[static_cast<std::size_t>(2 * s)] == doctest::Approx(scale));
      CHECK(states[static_cast<std::size_t>(2 * s + 1)] == doctest::Approx(threshold));
      double wanted = 0;
      for (int i = first; i < last; ++i) {
        double arriving = 0;
        for (int n = 0; n < images; ++n)
          arriving += static_cast<double>(x[static_cast<std::size_t>(n * inputs + i % inputs)]) *
                      static_cast<double>(g[static_cast<std::size_t>(n * outputs + i / inputs)]);
        const double weight = w[static_cast<std::size_t>(i)];
        const auto value = [&](double a) { return syq_test::quantized_weight(weight, a, threshold, q::bits == 2); };
        wanted += arriving * (value(scale + 1e-3) - value(scale - 1e-3)) / 2e-3;
        const bool zero = value(scale) == 0;
        zeros += zero;
        CHECK(found.at("weights")[static_cast<std::size_t>(i)] ==
              doctest::Approx(arriving * (zero ? 1 : scale)).epsilon(1e-4));
      }
      CHECK(found.at("state")[static_cast<std::size_t>(2 * s)] == doctest::Approx(wanted).epsilon(1e-4));
      CHECK(found.at("state")[static_cast<std::size_t>(2 * s + 1)] == 0);
    }
    CHECK((zeros > 0) == (q::bits == 2));
  }

  TEST_CASE("the scale begins with mean|w| and is then left to the optimizer; the threshold follows the weights") {
    using q = syq_weights<2>;
    q::state s;
    REQUIRE(q::observe(s, std::vector<float>{1, -0.5f, 0, -0.5f}, role::weights));
    CHECK(s.scale == 0.5f);
    CHECK(s.threshold == 0.05f);
    s.scale = 2;
    REQUIRE(q::observe(s, std::vector<float>{10, -5}, role::weights));
    CHECK(s.scale == 2);
    CHECK(s.threshold == 0.5f);
    s.scale = -0.25f;
    q::limit(s);
    CHECK(s.scale == 0);
    REQUIRE(q::observe(s, std::vector<float>{3, -5}, role::weights));
    CHECK(s.scale == 4);
    CHECK_FALSE(q::observe(s, std::vector<float>{test::nan}, role::weights));
    CHECK_FALSE(q::observe(s, std::vector<float>{-test::infinity}, role::weights));
    CHECK(s.scale == 4);
    syq_weights<1>::state binary;
    REQUIRE(syq_weights<1>::observe(binary, std::vector<float>{1, -2}, role::weights));
    CHECK(binary.scale == 1.5f);
    CHECK(binary.threshold == 0);
  }

  TEST_CASE_TEMPLATE("inputs are unsigned fixed-point numbers", q, syq_inputs<2>, syq_inputs<4>, syq_inputs<8>,
                     syq_inputs<8, 8>, syq_inputs<3, 0>, syq_inputs<5, 1>) {
    // Multiplication by a power of two is exact, so the double-precision formula has the same ties.
    const double unit = q::scale({}), largest = std::pow(2.0, q::bits) - 1;
    CHECK(std::log2(unit) == std::floor(std::log2(unit)));
    CHECK(test::difference(
              test::values(), [](float x) { return q::code(x, {}); },
              [&](double x) { return std::clamp(std::nearbyint(x / unit), 0.0, largest); }) == "");
    CHECK(test::lane_difference(test::with_nan(test::values()), [](auto x) { return q::code(x, {}); }) == "");
    CHECK(q::code(test::nan, {}) == 0);
    CHECK(q::range({}).low == 0);
    CHECK(static_cast<double>(q::range({}).high) == largest * unit);
  }

  TEST_CASE("8 bits have four fraction bits, 4 bits two, 2 bits one") {
    CHECK(syq_inputs<8>::step == 1 / 16.0f);
    CHECK(syq_inputs<4>::step == 1 / 4.0f);
    CHECK(syq_inputs<2>::step == 1 / 2.0f);
  }
}
