#include <minnow/train/layers/quantize.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/quantize/scheme.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

/// Checks that grad_in is the gradient of the output times the paper's slope times the slope of the clip (1 inside the
/// range, 0 outside), with at most two roundings. slope(alpha, inside) is the slope that the paper prints, without the
/// clip.
template <class Q, class Estimator, class Slope>
void check_slope(const std::vector<float>& x, float end, Slope&& slope) {
  CAPTURE(Q::name().c_str());
  CAPTURE(Estimator::name().c_str());
  for (const float alpha : {0.0f, 0.3f, 0.5f, 1.0f}) {
    CAPTURE(alpha);
    test::single_layer<quantize<Q>, Estimator> one({1, 1, static_cast<int>(x.size())}, 1);
    const pass p{.mode = mode::train, .alpha = alpha};
    one.forward(x, p);
    const auto r = test::uniform(x.size(), 2);
    const auto grad_in = one.backward(r, p);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool inside = std::abs(x[i]) <= end;
      const double expected = inside ? static_cast<double>(r[i]) * slope(static_cast<double>(alpha), inside) : 0.0;
      CAPTURE(x[i]);
      CHECK(std::abs(static_cast<double>(grad_in[i]) - expected) <= 2 * 0x1p-24 * std::abs(expected));
    }
  }
}

template <class Q>
void check_slopes(const std::vector<float>& x, float end) {
  check_slope<Q, ste>(x, end, [](double, bool inside) { return inside ? 1.0 : 0.0; });
  check_slope<Q, aqe>(x, end, [](double a, bool inside) { return inside ? 2 * a : 0.0; });
  check_slope<Q, aqe_stochastic>(x, end, [](double a, bool inside) { return inside ? 2 * a : 0.0; });
  check_slope<Q, aqe_expected>(x, end, [](double a, bool inside) { return (inside ? a : 0.0) + 1 - a; });
  check_slope<Q, alpha_blend>(x, end, [](double a, bool inside) { return inside ? 1 - a : 0.0; });
}

/// Returns numbers at the ends of the range, next to the ends, inside and outside. There are more of them than a SIMD
/// vector has lanes.
std::vector<float> inputs_around(float end) {
  std::vector<float> x = test::uniform(40, 1, -2 * end, 2 * end);
  for (const float sign : {-1.0f, 1.0f})
    for (const float at : {0.0f, std::nextafter(end, 0.0f), end, std::nextafter(end, 2 * end), 100 * end})
      x.push_back(sign * at);
  return x;
}

/// An estimator whose slope decreases linearly towards the ends of the range. `slope` takes one float at a time, no
/// SIMD vectors.
struct tent : estimator_base {
  static constexpr text name() { return "tent"; }
  static float quantized_fraction(float alpha) { return alpha; }
  static float slope(role, float, float a, bool inside) { return inside ? 1 - std::abs(a) : 0.0f; }
};

}  // namespace

TEST_SUITE("gradient/quantize") {
  TEST_CASE("what arrives times the papers' slope, inside [-1, 1] only") {
    check_slopes<sign>(inputs_around(1), 1);
    check_slopes<ternary<>>(inputs_around(1), 1);
    check_slopes<power_of_two<3>>(inputs_around(1), 1);
    check_slopes<power_of_two<4>>(inputs_around(1), 1);
  }

  TEST_CASE("integer inputs: inside the measured scale times the largest code only") {
    std::vector<float> x = test::uniform(300, 3, -0.1f, 0.1f);
    x.push_back(0.5f);
    x.push_back(-0.4f);
    integer<3>::state s;
    REQUIRE(integer<3>::observe(s, x, role::inputs));
    const float end = s.g * 3;
    REQUIRE(std::any_of(x.begin(), x.end(), [&](float v) { return std::abs(v) > end; }));
    check_slopes<integer<3>>(x, end);
  }

  TEST_CASE("clipped real and half inputs pass their gradient inside [-1, 1], at every alpha") {
    const auto one = [](double, bool) { return 1.0; };
    check_slope<clipped<real>, aqe>(inputs_around(1), 1, one);
    check_slope<clipped<half>, aqe>(inputs_around(1), 1, one);
    check_slope<clipped<real>, alpha_blend>(inputs_around(1), 1, one);
  }

  TEST_CASE("bare real and half inputs pass their gradient everywhere") {
    const auto one = [](double, bool) { return 1.0; };
    check_slope<real, aqe>(inputs_around(1), 1e9f, one);
    check_slope<half, alpha_blend>(inputs_around(1), 1e9f, one);
  }

  TEST_CASE("an estimator written for one number is lifted") {
    const auto x = inputs_around(1);
    const auto r = test::uniform(x.size(), 2);
    test::single_layer<quantize<sign>, tent> one({1, 1, static_cast<int>(x.size())}, 1);
    one.forward(x);
    const auto grad_in = one.backward(r);
    for (std::size_t i = 0; i < x.size(); ++i)
      CHECK(grad_in[i] == (std::abs(x[i]) <= 1 ? r[i] * (1 - std::abs(x[i])) : 0.0f));
  }
}
