#include <minnow/quantize/methods/weight_distribution.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "values.hpp"

using namespace minnow;

static_assert(has_weight_distribution<sign> && has_weight_distribution<ternary<>> &&
              has_weight_distribution<ternary<threshold<1, 3>>> && !has_weight_distribution<ternary<mean_threshold<>>>);

namespace {

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

/// The probabilities of -1, 0 and 1 in double precision (Shayer et al. 2018).
template <class Quantizer>
std::array<double, 3> probabilities_of(const std::vector<double>& logits) {
  if (logits.size() == 1) return {1 - sigmoid_of(logits[0]), 0, sigmoid_of(logits[0])};
  const double zero = sigmoid_of(logits[0]), positive = sigmoid_of(logits[1]);
  return {(1 - zero) * (1 - positive), zero, (1 - zero) * positive};
}

/// Mean and variance from the definition: sums over the levels.
std::array<double, 2> moments_of(const std::array<double, 3>& p) {
  const double mean = p[2] - p[0];
  double variance = 0;
  for (int level = -1; level <= 1; ++level)
    variance += p[static_cast<std::size_t>(level + 1)] * (level - mean) * (level - mean);
  return {mean, variance};
}

constexpr float logits_from = -8, logits_to = 8, logits_step = 0.3125f;

/// Calls check(logits) for a grid of logits.
template <class Quantizer, class Check>
void each_logits(Check&& check) {
  using logits = typename weight_distribution<Quantizer>::logits;
  for (float a = logits_from; a <= logits_to; a += logits_step) {
    if constexpr (std::tuple_size_v<logits> == 1) check(logits{a});
    else
      for (float b = logits_from; b <= logits_to; b += logits_step) check(logits{a, b});
  }
}

template <class Quantizer>
void check_distribution() {
  using distribution = weight_distribution<Quantizer>;
  each_logits<Quantizer>([](const typename distribution::logits& t) {
    const std::vector<double> exact(t.begin(), t.end());
    const auto p = probabilities_of<Quantizer>(exact);
    const auto [mean, variance] = moments_of(p);
    const weight_moments found = distribution::moments(t);
    CHECK(std::abs(static_cast<double>(found.mean) - mean) <= 4e-7);
    CHECK(std::abs(static_cast<double>(found.variance) - variance) <= 4e-7);
    CHECK(found.variance >= 0);

    // Central differences in double precision; their error is about step² = 1e-10.
    const auto gradient = distribution::gradient(t, {1.75f, -0.5f});
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double step = 1e-5;
      std::vector<double> above = exact, below = exact;
      above[i] += step;
      below[i] -= step;
      const auto high = moments_of(probabilities_of<Quantizer>(above));
      const auto low = moments_of(probabilities_of<Quantizer>(below));
      const double wanted = (1.75 * (high[0] - low[0]) - 0.5 * (high[1] - low[1])) / (2 * step);
      CHECK(std::abs(static_cast<double>(gradient[i]) - wanted) <= 2e-6);
    }

    // The code is the level of the largest probability, where one level is more probable than the others.
    const double largest = std::fmax(p[0], std::fmax(p[1], p[2]));
    const auto code = static_cast<int>(distribution::most_probable(t));
    CHECK(p[static_cast<std::size_t>(code + 1)] >= largest * (1 - 1e-6));
  });
}

}  // namespace

TEST_SUITE("quantize/methods/weight_distribution") {
  TEST_CASE("mean, variance, their gradients and the most probable level follow from the probabilities") {
    check_distribution<sign>();
    check_distribution<ternary<>>();
    check_distribution<ternary<threshold<1, 3>>>();
  }

  TEST_CASE("ties: 0 of ternary weights, then -1; -1 of binary weights, as in sign") {
    using binary = weight_distribution<sign>;
    using three = weight_distribution<ternary<>>;
    CHECK(binary::most_probable({0.0f}) == -1);
    CHECK(binary::most_probable({1e-30f}) == 1);
    CHECK(binary::most_probable({-1e-30f}) == -1);
    CHECK(three::most_probable({-9.0f, 0.0f}) == -1);
    CHECK(three::most_probable({-9.0f, 1e-3f}) == 1);
    CHECK(three::most_probable({9.0f, 5.0f}) == 0);
    for (const float t : test::values()) CHECK(binary::most_probable({t}) == sign::code(t, {}));
  }

  TEST_CASE("logits beyond all floats of a sigmoid have a finite mean, variance and gradient") {
    const float huge = (std::numeric_limits<float>::max)();
    for (const float a : {-huge, -100.0f, 100.0f, huge})
      for (const float b : {-huge, 0.0f, huge}) {
        const weight_moments m = weight_distribution<ternary<>>::moments({a, b});
        CHECK(std::isfinite(m.mean));
        CHECK((m.variance >= 0 && m.variance <= 1));
        for (const float g : weight_distribution<ternary<>>::gradient({a, b}, {1, 1})) CHECK(std::isfinite(g));
        CHECK(weight_distribution<sign>::moments({b}).variance >= 0);
        CHECK(std::isfinite(weight_distribution<sign>::gradient({b}, {1, 1})[0]));
      }
  }

  TEST_CASE("regularizers: p (1 - p) of binary weights, half the square of a logit of ternary weights") {
    for (double t = -6; t <= 6; t += 0.25) {
      const auto beta = [](double x) { return sigmoid_of(x) * (1 - sigmoid_of(x)); };
      const double step = 1e-5;
      CHECK(static_cast<double>(weight_distribution<sign>::regularizer_slope(static_cast<float>(t))) ==
            doctest::Approx((beta(t + step) - beta(t - step)) / (2 * step)).epsilon(1e-5));
      CHECK(weight_distribution<ternary<>>::regularizer_slope(static_cast<float>(t)) == static_cast<float>(t));
    }
  }

  TEST_CASE("initial probabilities follow the paper, each from 0.05 to 0.95") {
    const auto limited = [](double p) { return std::fmin(std::fmax(p, 0.05), 0.95); };
    for (double w = -3; w <= 3; w += 0.0625) {
      CAPTURE(w);
      const auto binary = weight_distribution<sign>::of_weight(static_cast<float>(w));
      CHECK(std::abs(sigmoid_of(static_cast<double>(binary[0])) - limited((1 + w) / 2)) <= 1e-6);
      const auto three = weight_distribution<ternary<>>::of_weight(static_cast<float>(w));
      const double zero = limited(0.95 - 0.9 * std::abs(w));
      CHECK(std::abs(sigmoid_of(static_cast<double>(three[0])) - zero) <= 1e-6);
      CHECK(std::abs(sigmoid_of(static_cast<double>(three[1])) - limited((1 + w / (1 - zero)) / 2)) <= 1e-6);
      // Where no probability is limited, the weight's mean is w.
      if (std::abs(w) < 0.9)
        CHECK(std::abs(static_cast<double>(weight_distribution<sign>::moments(binary).mean) - w) < 1e-6);
    }
    CHECK(std::isnan(weight_distribution<sign>::of_weight(test::nan)[0]));
  }
}
