#include <minnow/quantize/with_freeze.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <minnow/estimate/incremental.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/quantize/integer.hpp>
#include <minnow/quantize/methods/dorefa.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/methods/scaled_ternary.hpp>
#include <minnow/quantize/power_of_two.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/ternary.hpp>
#include <minnow/quantize/uniform.hpp>
#include <minnow/train/layers/product.hpp>

#include "random_numbers.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<with_freeze<sign>> && state_floats<with_freeze<sign>> == 1);
static_assert(state_floats<with_freeze<scaled_ternary<>>> == 3 && !with_freeze<scaled_ternary<>>::clips_weights);
static_assert(with_freeze<scaled_sign<>>::per_channel && !with_freeze<integer<4>>::supports(role::inputs));
static_assert(is_dyadic<with_freeze<ternary<>>>() && !is_dyadic<with_freeze<scaled_ternary<>>>());
static_assert(with_freeze<scaled_sign<per_tensor>>::name().view() == "with_freeze<scaled_sign>");

namespace {

constexpr std::size_t freeze_inputs = 29, freeze_units = 7, freeze_weights = freeze_inputs * freeze_units;

/// Returns the weights of a dense layer after a training step at each alpha, without updates between the steps.
template <class Quantizer>
std::vector<float> frozen_at(const std::vector<float>& w, const std::vector<float>& alphas, float largest_later) {
  test::single_layer<dense<freeze_units, Quantizer>, incremental> layer({1, 1, freeze_inputs}, 1, wiring<real>{});
  layer.set("weights", w);
  for (const float alpha : alphas) {
    (void)layer.forward(test::uniform(freeze_inputs, 42), {.mode = mode::train, .alpha = alpha});
    std::vector<float> now = layer.values()["weights"];
    now[3] = largest_later;
    layer.set("weights", now);
  }
  return layer.values()["weights"];
}

}  // namespace

TEST_SUITE("quantize/with_freeze") {
  TEST_CASE_TEMPLATE("has the quantizer's levels, which do not follow the weights once they are kept", q, sign,
                     ternary<>, ternary<mean_threshold<>>, power_of_two<3>, integer<4>, uniform<8>,
                     scaled_sign<per_tensor>, scaled_ternary<>) {
    using f = with_freeze<q>;
    const std::vector<float> w = test::uniform(200, 41, -0.9f, 0.9f);
    typename q::state plain{};
    typename f::state s{};
    REQUIRE(q::observe(plain, w, role::weights));
    REQUIRE(f::observe(s, w, role::weights));
    const auto xs = test::values();
    const auto expected = [&](double x) { return static_cast<double>(quantized<q>(static_cast<float>(x), plain)); };
    const auto found = [&](float x) { return static_cast<double>(quantized<f>(x, s)); };
    CHECK(test::difference(xs, found, expected) == "");
    CHECK(test::difference(xs, [&](float x) { return found(quantized<f>(x, s)); }, expected) == "");
    f::freeze(s);
    REQUIRE(f::is_frozen(s));
    REQUIRE(f::observe(s, test::uniform(200, 43, -5, 5), role::weights));
    CHECK(test::difference(xs, found, expected) == "");
    CHECK(is_sound<f>(s));
    for (const float bad : {test::nan, test::infinity, -test::infinity}) {
      CHECK_FALSE(f::observe(s, std::vector<float>{1, bad}, role::weights));
      typename f::state fresh{};
      CHECK_FALSE(f::observe(fresh, std::vector<float>{1, bad}, role::weights));
    }
  }

  TEST_CASE("ternary weights with a scale: half of them get the levels of Li & Liu 2016, Eq. 5 and 6, then all") {
    std::vector<float> w = test::uniform(freeze_weights, 44, -1, 1);
    w[3] = 0.1f;
    double mean = 0, above = 0, count = 0;
    for (const float v : w) mean += std::abs(static_cast<double>(v)) / freeze_weights;
    for (const float v : w)
      if (std::abs(static_cast<double>(v)) > 0.7 * mean) {
        above += std::abs(static_cast<double>(v));
        ++count;
      }
    const double scale = above / count;
    std::vector<float> magnitudes;
    for (const float v : w) magnitudes.push_back(std::abs(v));
    std::sort(magnitudes.begin(), magnitudes.end());
    const float median = magnitudes[freeze_weights / 2 - 1];  // 102 of the 203 weights are above
    REQUIRE(std::abs(w[3]) <= median);
    const auto half = frozen_at<with_freeze<scaled_ternary<>>>(w, {0.5f}, w[3]);
    const auto all = frozen_at<with_freeze<scaled_ternary<>>>(w, {0.5f, 1.0f}, 0.9f);
    for (std::size_t i = 0; i < freeze_weights; ++i) {
      const auto latent = static_cast<double>(w[i]);
      const double level = std::abs(latent) > 0.7 * mean ? std::copysign(scale, latent) : 0;
      if (std::abs(w[i]) > median) CHECK(std::abs(static_cast<double>(half[i]) - level) <= 1e-6);
      else CHECK(half[i] == w[i]);
      if (i != 3) CHECK(std::abs(static_cast<double>(all[i]) - level) <= 1e-6);
    }
  }

  TEST_CASE("binary weights with a scale for each filter: every filter keeps its own scale") {
    const std::vector<float> w = test::uniform(freeze_weights, 45, -1, 1);
    const auto all = frozen_at<with_freeze<scaled_sign<>>>(w, {1.0f}, w[3]);
    for (std::size_t f = 0; f < freeze_units; ++f) {
      double mean = 0;
      for (std::size_t k = 0; k < freeze_inputs; ++k)
        mean += std::abs(static_cast<double>(w[f * freeze_inputs + k])) / freeze_inputs;
      for (std::size_t k = 0; k < freeze_inputs; ++k) {
        const std::size_t i = f * freeze_inputs + k;
        if (i != 3)
          CHECK(std::abs(static_cast<double>(all[i]) - std::copysign(mean, static_cast<double>(w[i]))) <= 1e-6);
      }
    }
  }

  TEST_CASE("a quantizer whose levels have other quantized values is refused when weights are frozen") {
    const std::vector<float> w = test::uniform(freeze_weights, 46, -2, 2);
    CHECK_THROWS_WITH(frozen_at<with_freeze<dorefa_weights<3>>>(w, {0.5f}, 0),
                      doctest::Contains("a quantized weight is not its own quantized value"));
  }
}
