#include <minnow/estimate/aqe.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/estimate/ste.hpp>
#include <minnow/quantize/power_of_two.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/ternary.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(estimator<aqe> && estimator<aqe_stochastic> && estimator<aqe_expected>);
static_assert(!aqe::stochastic && aqe_stochastic::stochastic && !aqe_expected::stochastic);

namespace {

constexpr float aqe_alphas[] = {0.0f, 0.125f, 0.3f, 0.5f, 0.8f, 1.0f};

bool inside(double a) { return std::abs(a) <= 1; }

/// Returns the forward value without the clip: share · h(a) + (1 - share) · a, where h is the quantizer.
template <class Estimator, class Quantizer>
double forward(double alpha, double a) {
  const double share = Estimator::quantized_fraction(static_cast<float>(alpha));
  return share * quantized<Quantizer>(a, {}) + (1 - share) * a;
}

/// Returns the derivative of Eq. 7 of Chen et al. 2020 with respect to a, averaged over the noise z, for a linear loss
/// and the quantizer h = sign. Computes it as a central difference over 400,000 equally spaced z. The numbers a, a +
/// step and a - step are multiples of the spacing, and each z is halfway between two multiples. So the number of z
/// below a is exact, and only the sums of doubles are rounded.
double finite_difference(double alpha, double a) {
  constexpr int count = 400000;
  constexpr double step = 0.01;
  double difference = 0;
  for (int i = 0; i < count; ++i) {
    const double z = -1 + (2.0 * i + 1) / count;
    difference += sign::code(a + step - z, {}) - sign::code(a - step - z, {});
  }
  return alpha * difference / count / (2 * step) + (1 - alpha);
}

/// Checks Theorem 3 of Chen et al. 2020 on the iteration x <- alpha h(x) + (1 - alpha) x, where h is the quantizer.
template <class Quantizer>
void check_convergence(double start) {
  for (const double alpha : {0.125, 0.25, 0.5, 0.75}) {
    CAPTURE(start);
    CAPTURE(alpha);
    const double level = quantized<Quantizer>(start, {});
    double x = start;
    for (int n = 1; n <= 60; ++n) {
      x = forward<aqe, Quantizer>(alpha, x);
      // Each step rounds three times and multiplies the errors of earlier steps by 1 - alpha. So all errors together
      // are at most 1 / alpha times the error of one step.
      const double rounding = 3 * 0x1p-53 * std::max(1.0, std::abs(start)) / alpha;
      CHECK(std::abs((x - level) - std::pow(1 - alpha, n) * (start - level)) <= rounding);
    }
  }
}

}  // namespace

TEST_SUITE("estimate/aqe") {
  TEST_CASE("the slope is 2 alpha inside the range and 0 outside") {
    // Checks Chen et al. 2020, Eq. 18 and 19.
    for (const float alpha : aqe_alphas)
      for (const role r : {role::inputs, role::weights}) {
        CAPTURE(alpha);
        CHECK(test::difference(
                  test::values(), [&](float a) { return aqe::slope(r, alpha, a, inside(a)); },
                  [&](double a) { return inside(a) ? 2 * static_cast<double>(alpha) : 0; }) == "");
        CHECK(test::difference(
                  test::values(), [&](float a) { return aqe_stochastic::slope(r, alpha, a, inside(a)); },
                  [&](double a) { return inside(a) ? 2 * static_cast<double>(alpha) : 0; }) == "");
      }
  }

  TEST_CASE("the forward value goes from a at alpha 0 to h(a) at alpha 1") {
    for (const float alpha : aqe_alphas) {
      CHECK(aqe::quantized_fraction(alpha) == alpha);
      CHECK(aqe_stochastic::quantized_fraction(alpha) == alpha);
      CHECK(aqe_expected::quantized_fraction(alpha) == alpha);
    }
    CHECK(forward<aqe, sign>(0.0, 0.3) == 0.3);
    CHECK(forward<aqe, sign>(0.5, 0.3) == 0.65);
    CHECK(forward<aqe, sign>(1.0, 0.3) == 1.0);
  }

  TEST_CASE("the step is full at every alpha") {
    for (const float alpha : aqe_alphas) {
      CHECK(aqe::learning_rate_scale(alpha) == 1);
      CHECK(aqe_stochastic::learning_rate_scale(alpha) == 1);
      CHECK(aqe_expected::learning_rate_scale(alpha) == 1);
    }
  }

  TEST_CASE("is the same for a SIMD batch") {
    using std::abs;
    const auto agree = [&]<class Estimator>(Estimator) {
      for (const float alpha : aqe_alphas)
        CHECK(test::lane_difference(test::values(), [&](auto a) {
                return Estimator::slope(role::inputs, alpha, a, abs(a) <= decltype(a)(1));
              }) == "");
    };
    agree(aqe{});
    agree(aqe_stochastic{});
    agree(aqe_expected{});
  }

  TEST_CASE("Theorem 1: at alpha 1/2 the gradient is exactly the straight-through one") {
    for (const role r : {role::inputs, role::weights})
      CHECK(test::difference(
                test::values(), [&](float a) { return aqe::slope(r, 0.5f, a, inside(a)); },
                [&](double a) { return ste::slope(r, 0.5f, static_cast<float>(a), inside(a)); }) == "");
  }

  TEST_CASE("at alpha 1/2 the forward values are not the straight-through ones") {
    for (const double a : {-0.9, -0.3, 0.001, 0.5, 0.9}) {
      CHECK(forward<ste, sign>(0.5, a) == sign::code(a, {}));
      CHECK(std::abs(forward<aqe, sign>(0.5, a)) == doctest::Approx(0.5 + std::abs(a) / 2).epsilon(1e-15));
    }
  }

  TEST_CASE("Theorem 3: blending a value with its quantized one over and over leaves an error of (1 - alpha)^n") {
    for (int i = -48; i <= 48; ++i) {
      const double start = i / 32.0;
      check_convergence<sign>(start);
      check_convergence<ternary<>>(start);
      check_convergence<power_of_two<3>>(start);
    }
  }

  TEST_CASE("erratum: the factor of a(1) in Eq. 17 is (1 - alpha)^n") {
    constexpr double alpha = 0.25, first = 0.3;
    double a = first;
    for (int n = 1; n <= 8; ++n) {
      a = forward<aqe, sign>(alpha, a);
      CHECK(a == doctest::Approx(std::pow(1 - alpha, n) * first + 1 - std::pow(1 - alpha, n)).epsilon(1e-14));
      if (n == 1) CHECK(a == doctest::Approx(0.475).epsilon(1e-14));
      // The paper prints the exponent n - 1, which gives another value.
      CHECK(std::abs(a - (std::pow(1 - alpha, n - 1) * first + 1 - std::pow(1 - alpha, n))) > 0.009);
    }
  }

  TEST_CASE("erratum: the expected gradient through Eq. 7 is alpha 1{|a| <= 1} + 1 - alpha") {
    const struct {
      double alpha, a, expected, printed;
    } cases[] = {{.5, .3, 1.0, 1.0}, {.5, 1.4, 0.5, 0}, {.8, .3, 1.0, 1.6}, {.8, 1.4, 0.2, 0}};
    for (const auto& c : cases) {
      CAPTURE(c.alpha);
      CAPTURE(c.a);
      const double measured = finite_difference(c.alpha, c.a);
      CHECK(std::abs(measured - c.expected) <= 1e-12);
      // The estimators compute in floats, so alpha and 1 - alpha are both rounded.
      const auto alpha = static_cast<float>(c.alpha);
      const auto a = static_cast<float>(c.a);
      CHECK(std::abs(aqe_expected::slope(role::inputs, alpha, a, inside(a)) - measured) <= 0x1p-24 + 1e-12);
      CHECK(std::abs(aqe::slope(role::inputs, alpha, a, inside(a)) - c.printed) <= 0x1p-24);
      // The gradient that the paper prints is correct only inside the range and for alpha = 1/2, which is the case that
      // Theorem 1 needs.
      CHECK((std::abs(measured - c.printed) <= 1e-12) == (c.alpha == .5 && c.a == .3));
    }
  }

  TEST_CASE("the expected slope is exact for sign over the whole grid of alpha and a") {
    for (const double alpha : {0.0, 0.25, 0.5, 0.75, 1.0})
      for (const double a : {-1.6, -0.95, -0.2, 0.0, 0.55, 1.25}) {
        CAPTURE(alpha);
        CAPTURE(a);
        const double slope =
            aqe_expected::slope(role::weights, static_cast<float>(alpha), static_cast<float>(a), inside(a));
        CHECK(std::abs(slope - finite_difference(alpha, a)) <= 1e-12);
      }
  }

  TEST_CASE("at depth 20 slopes of 2 alpha multiply to 2^20 at alpha 1 and to 1 at alpha 1/2") {
    const auto through = [](auto estimator, float alpha) {
      float gradient = 1;
      for (int layer = 0; layer < 20; ++layer) gradient *= estimator.slope(role::inputs, alpha, 0.2f, true);
      return gradient;
    };
    CHECK(through(aqe{}, 1.0f) == 1048576);
    CHECK(through(aqe{}, 0.5f) == 1);
    CHECK(through(aqe{}, 0.0f) == 0);
    for (const float alpha : aqe_alphas) CHECK(through(aqe_expected{}, alpha) == 1);
  }

  TEST_CASE("has stable names") {
    CHECK(aqe::name().view() == "aqe");
    CHECK(aqe_stochastic::name().view() == "aqe_stochastic");
    CHECK(aqe_expected::name().view() == "aqe_expected");
  }
}
