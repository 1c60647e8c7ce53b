#include <minnow/estimate/unbiased.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/core/random.hpp>
#include <minnow/estimate/concept.hpp>

using namespace minnow;

static_assert(!estimator<unbiased>, "it needs the loss and not a gradient");

namespace {

struct neuron_case {
  double a, loss_of_one, loss_of_zero;
};
constexpr neuron_case cases[] = {{-2, 3, -1}, {-0.7, 1, 0}, {0.3, 0.5, 2.5}, {1.5, -4, 1}, {3, 1, 1.1}};

double sigmoid(double a) { return 1 / (1 + std::exp(-a)); }

/// Returns the derivative of the mean loss p L(1) + (1 - p) L(0) with respect to a, where p = sigmoid(a) (Chen et al.
/// 2020, Eq. 3).
double gradient_of_the_mean(const neuron_case& c) {
  const double p = sigmoid(c.a);
  return p * (1 - p) * (c.loss_of_one - c.loss_of_zero);
}

/// Returns the standard deviation of (h - p) L(h), where h is 1 with probability p and 0 otherwise.
double deviation(const neuron_case& c) {
  const double p = sigmoid(c.a);
  const double fired = (1 - p) * c.loss_of_one;
  const double silent = -p * c.loss_of_zero;
  return std::sqrt(p * (1 - p)) * std::abs(fired - silent);
}

/// Returns the mean of unbiased::gradient over `count` uniform numbers z. The neuron fires according to Eq. 2 of Chen
/// et al. 2020, either as printed or as the library interprets it.
double monte_carlo(const neuron_case& c, int count, bool as_printed) {
  minnow::random r(minnow::seed{11});
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    const double z = static_cast<double>(r.next() >> 11) * 0x1p-53;
    const double h = as_printed ? (z > unbiased::sigmoid(c.a) ? 1 : 0) : unbiased::fire(c.a, z);
    sum += unbiased::gradient(c.a, h, h == 1 ? c.loss_of_one : c.loss_of_zero);
  }
  return sum / count;
}

}  // namespace

TEST_SUITE("estimate/unbiased") {
  TEST_CASE("fires for z below the sigmoid") {
    CHECK(unbiased::fire(0, 0.25) == 1);
    CHECK(unbiased::fire(0, std::nextafter(0.5, 0.0)) == 1);
    CHECK(unbiased::fire(0, 0.5) == 0);
    CHECK(unbiased::fire(5, 0.99) == 1);
    CHECK(unbiased::fire(-5, 0.01) == 0);
  }

  TEST_CASE("the estimate is (h - sigm(a)) L") {
    CHECK(unbiased::gradient(0, 1, 3) == 1.5);
    CHECK(unbiased::gradient(0, 0, 3) == -1.5);
    CHECK(unbiased::gradient(2, 1, 1) == 1 - 1 / (1 + std::exp(-2.0)));
  }

  TEST_CASE("Eq. 3 is the derivative of the mean loss") {
    for (const neuron_case& c : cases) {
      const double e = 1e-5;
      const auto mean = [&](double a) { return sigmoid(a) * c.loss_of_one + (1 - sigmoid(a)) * c.loss_of_zero; };
      // The error of a central difference is at most e^2 / 6 times the largest third derivative. The third derivative
      // of the sigmoid is at most 1/8 in magnitude, and the two losses differ by at most 5.
      CHECK(std::abs((mean(c.a + e) - mean(c.a - e)) / (2 * e) - gradient_of_the_mean(c)) <= 5 * e * e / 48 + 1e-10);
    }
  }

  // The mean of N estimates deviates from its expectation by more than 4.5 standard errors for one seed in 150,000.
  TEST_CASE("its Monte-Carlo mean is Eq. 3 within 4.5 standard errors") {
    constexpr int count = 400000;
    for (const neuron_case& c : cases) {
      CAPTURE(c.a);
      CHECK(std::abs(monte_carlo(c, count, false) - gradient_of_the_mean(c)) <= 4.5 * deviation(c) / std::sqrt(count));
    }
  }

  TEST_CASE("erratum: Eq. 2 as printed contradicts Eq. 3") {
    constexpr int count = 400000;
    for (const neuron_case& c : cases) {
      CAPTURE(c.a);
      const double p = sigmoid(c.a);
      const double printed = (1 - p) * (1 - p) * c.loss_of_one - p * p * c.loss_of_zero;
      const double standard_error = deviation(c) / std::sqrt(count);
      CHECK(std::abs(monte_carlo(c, count, true) - printed) <= 4.5 * standard_error);
      CHECK(std::abs(monte_carlo(c, count, true) - gradient_of_the_mean(c)) > 100 * standard_error);
    }
  }
}
