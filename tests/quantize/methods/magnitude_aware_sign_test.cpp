#include <minnow/quantize/methods/magnitude_aware_sign.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <minnow/estimate/bi_real.hpp>
#include <minnow/model.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/train/network.hpp>

#include "lanes.hpp"
#include "random_numbers.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<magnitude_aware_sign<>> && !learned_quantizer<magnitude_aware_sign<>> &&
              magnitude_aware_sign<>::per_channel && !magnitude_aware_sign<per_tensor>::per_channel &&
              !magnitude_aware_sign<per_tensor>::supports(role::inputs));
static_assert(magnitude_aware_sign<>::name() == text("magnitude_aware_sign<per_channel>") &&
              magnitude_aware_sign<per_tensor>::name() == text("magnitude_aware_sign"));

TEST_SUITE("quantize/methods/magnitude_aware_sign") {
  TEST_CASE_TEMPLATE("outputs and gradients of a layer follow the formula", q, magnitude_aware_sign<>,
                     magnitude_aware_sign<per_tensor>) {
    constexpr int inputs = 37, outputs = 5, images = 9;
    const auto x = test::uniform(images * inputs, 1), g = test::uniform(images * outputs, 2),
               w = test::uniform(outputs * inputs, 3, -1.5f, 1.25f);
    test::single_layer<dense<outputs, q>, bi_real> one({1, 1, inputs}, images);
    one.set("weights", w);
    const auto y = one.forward(x);
    (void)one.backward(g);
    const auto found = one.gradients()["weights"];
    int clipped = 0;
    for (int f = 0; f < outputs; ++f) {
      const int first = q::per_channel ? f * inputs : 0, last = q::per_channel ? first + inputs : outputs * inputs;
      double mean = 0;
      for (int i = first; i < last; ++i) mean += std::abs(static_cast<double>(w[static_cast<std::size_t>(i)]));
      mean /= last - first;
      const auto value = [&](int n, int k) { return static_cast<double>(x[static_cast<std::size_t>(n * inputs + k)]); };
      for (int n = 0; n < images; ++n) {
        double sum = 0;
        for (int k = 0; k < inputs; ++k)
          sum += w[static_cast<std::size_t>(f * inputs + k)] > 0 ? value(n, k) : -value(n, k);
        CHECK(y[static_cast<std::size_t>(n * outputs + f)] == doctest::Approx(mean * sum).epsilon(1e-4));
      }
      for (int k = 0; k < inputs; ++k) {
        // Liu et al. 2018, section 3.3: the mean times the derivative of the clipped weight.
        double arriving = 0;
        for (int n = 0; n < images; ++n)
          arriving += value(n, k) * static_cast<double>(g[static_cast<std::size_t>(n * outputs + f)]);
        const auto at = static_cast<std::size_t>(f * inputs + k);
        const bool inside = std::abs(w[at]) <= 1;
        clipped += !inside;
        CHECK(found[at] == doctest::Approx(inside ? mean * arriving : 0).epsilon(1e-4));
      }
    }
    CHECK(clipped > 0);
  }

  TEST_CASE("has the values of scaled_sign and refuses NaN") {
    using q = magnitude_aware_sign<>;
    const auto w = test::uniform(997, 3, -0.7f, 0.4f);
    double sum = 0;
    for (const float v : w) sum += std::abs(static_cast<double>(v));
    q::state s;
    REQUIRE(q::observe(s, w, role::weights));
    CHECK(static_cast<double>(s.mean) == doctest::Approx(sum / 997).epsilon(1e-6));
    CHECK(test::difference(
              test::values(), [&](float v) { return quantized<q>(v, s); },
              [&](double v) { return v > 0 ? s.mean : -s.mean; }) == "");
    CHECK(test::lane_difference(test::with_nan(test::values()), [&](auto v) { return q::code(v, s); }) == "");
    CHECK_FALSE(q::observe(s, std::vector<float>{1, test::nan}, role::weights));
    CHECK_FALSE(q::observe(s, std::vector<float>{1, test::infinity}, role::weights));
  }
}
