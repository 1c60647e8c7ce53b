#include <minnow/train/layers/product.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/dense.hpp>

#include "finite_difference.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using test::float_rounding;

/// Returns weights at which a slope could change: the ends of the range, their neighbors, and weights inside and
/// outside.
std::vector<float> weights_around(float end) {
  std::vector<float> w;
  for (const float sign : {-1.0f, 1.0f})
    for (const float at : {0.0f, 0.25f * end, 0.5f * end, 0.75f * end, std::nextafter(end, 0.0f), end,
                           std::nextafter(end, 2 * end), 1.5f * end, 3 * end})
      w.push_back(sign * at);
  w.push_back(0.1f * end);
  return w;
}

/// Checks a dense layer of two units on one image. A weight's gradient is one product of an input and an output
/// gradient, times the estimator's slope. So the library rounds the expected number, input * gradient * slope, three
/// times.
template <class Q, class Estimator, class Slope>
void check_weight_slope(const std::vector<float>& w, float alpha, Slope&& slope) {
  CAPTURE(Q::name().c_str());
  CAPTURE(Estimator::name().c_str());
  CAPTURE(alpha);
  const int inputs = static_cast<int>(w.size());
  test::single_layer<dense<2, Q>, Estimator> one({1, 1, inputs}, 1);
  std::vector<float> both(w);
  both.insert(both.end(), w.rbegin(), w.rend());
  one.set("weights", both);
  const auto x = test::uniform(inputs, 4, 0.5f, 1.5f);
  const std::vector<float> r{0.625f, -1.375f};
  const pass p{.mode = mode::train, .alpha = alpha};
  one.forward(x, p);
  one.backward(r, p);
  const auto gradient = one.gradients().at("weights");
  const auto codes = one.layer.quantize("0");
  for (std::size_t f = 0; f < 2; ++f) {
    const float end = Q::clips_weights ? 1.0f : codes.scale(static_cast<int>(f)) * Q::max_code;
    for (std::size_t k = 0; k < w.size(); ++k) {
      const double at = static_cast<double>(both[f * w.size() + k]);
      const double expected = static_cast<double>(x[k]) * static_cast<double>(r[f]) *
                              slope(static_cast<double>(alpha), std::abs(at) <= static_cast<double>(end));
      CAPTURE(at);
      CHECK(std::abs(static_cast<double>(gradient[f * w.size() + k]) - expected) <=
            3 * float_rounding * std::abs(expected));
    }
  }
}

template <class Q>
void check_weight_slopes(const std::vector<float>& w) {
  for (const float alpha : {0.0f, 0.3f, 0.5f, 1.0f}) {
    check_weight_slope<Q, ste>(w, alpha, [](double, bool inside) { return inside ? 1.0 : 0.0; });
    check_weight_slope<Q, aqe>(w, alpha, [](double a, bool inside) { return inside ? 2 * a : 0.0; });
    check_weight_slope<Q, aqe_stochastic>(w, alpha, [](double a, bool inside) { return inside ? 2 * a : 0.0; });
    check_weight_slope<Q, aqe_expected>(w, alpha, [](double a, bool inside) { return (inside ? a : 0.0) + 1 - a; });
    // The factor 1 - alpha of `alpha_blend` multiplies only the learning rate.
    check_weight_slope<Q, alpha_blend>(w, alpha, [](double, bool) { return 1.0; });
  }
}

}  // namespace

TEST_SUITE("gradient/weight_slopes") {
  TEST_CASE("weights: the gradient is what arrives times the papers' slope, element by element") {
    check_weight_slopes<sign>(weights_around(1));
    check_weight_slopes<ternary<>>(weights_around(1));
    check_weight_slopes<ternary<mean_threshold<>>>(weights_around(1));
    check_weight_slopes<power_of_two<3>>(weights_around(1));
    check_weight_slopes<power_of_two<4>>(weights_around(1));
  }

  TEST_CASE("integer weights: the range is the scale times the largest code") {
    // With many small weights and one outlier, the best scale leaves the outlier outside its range.
    std::vector<float> w = test::uniform(300, 8, -0.1f, 0.1f);
    w.push_back(0.12f);
    w.push_back(-0.4f);
    const auto outside = [&](auto q) {
      typename decltype(q)::state s;
      REQUIRE(decltype(q)::observe(s, w, role::weights));
      const float end = s.g * decltype(q)::max_code;
      return std::count_if(w.begin(), w.end(), [&](float v) { return std::abs(v) > end; });
    };
    REQUIRE(outside(integer<3>{}) > 0);
    check_weight_slopes<integer<3>>(w);
    check_weight_slopes<integer<3, per_channel>>(w);
    check_weight_slopes<integer<8>>(w);
  }

  TEST_CASE("real and half weights have nothing to estimate: the slope is 1 at every alpha") {
    for (const float alpha : {0.0f, 0.5f, 1.0f}) {
      const std::vector<float> w{-3, -1, -0.3f, 0, 0.1f, 1, 2.5f};
      const auto one = [](double, bool) { return 1.0; };
      check_weight_slope<real, aqe>(w, alpha, one);
      check_weight_slope<half, aqe>(w, alpha, one);
      check_weight_slope<real, aqe_expected>(w, alpha, one);
      check_weight_slope<real, alpha_blend>(w, alpha, one);
    }
  }
}
