#include <minnow/estimate/alpha_blend.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <minnow/schedule/cubic.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(estimator<alpha_blend>);
static_assert(!alpha_blend::stochastic);

namespace {

constexpr float blend_alphas[] = {0.0f, 0.25f, 0.3f, 0.5f, 0.9f, 1.0f};

struct outcome {
  double w;
  double quantized;
};

/// Minimizes (w - 5.7)^2 from w = 2 with Algorithm 1 of Liu & Mattina 2019. The quantized weight is round(w), and alpha
/// is updated after every step.
outcome one_weight_problem(double rate, cubic schedule) {
  double w = 2;
  float alpha = 0;
  for (long long step = 0; step <= 20; ++step) {
    const double share = alpha_blend::quantized_fraction(alpha);
    const double blended = (1 - share) * w + share * std::nearbyint(w);
    const double gradient = 2 * (blended - 5.7) * alpha_blend::slope(role::weights, alpha, 0.0f, true);
    w -= rate * alpha_blend::learning_rate_scale(alpha) * gradient;
    alpha = schedule(progress{.step = step, .steps = 21});
  }
  return {w, std::nearbyint(w)};
}

/// The part of an update that is multiplied by 1 - alpha: the gradient, the optimizer's step, or neither.
enum class place { on_the_gradient, on_the_step, nowhere };

struct factors {
  double gradient;
  double step;
};
factors split(place p, double alpha) {
  const double factor = 1 - alpha;
  return {p == place::on_the_gradient ? factor : 1, p == place::on_the_step ? factor : 1};
}

// The functions below minimize (w - 1)^2 in ten steps, in which alpha rises from 0 to 0.9.
constexpr int run_length = 10;
double slope_of_loss(double w) { return 2 * (w - 1); }
double alpha_at(int step) { return 0.1 * step; }

double with_momentum(place p, double momentum) {
  double w = 3;
  double velocity = 0;
  for (int t = 0; t < run_length; ++t) {
    const auto [gradient, step] = split(p, alpha_at(t));
    velocity = momentum * velocity + gradient * slope_of_loss(w);
    w -= 0.05 * step * velocity;
  }
  return w;
}

double with_adam(place p, double (*alpha)(int)) {
  double w = 3;
  double m = 0;
  double v = 0;
  for (int t = 0; t < run_length; ++t) {
    const auto [gradient, step] = split(p, alpha(t));
    const double g = gradient * slope_of_loss(w);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double m_hat = m / (1 - std::pow(0.9, t + 1));
    const double v_hat = v / (1 - std::pow(0.999, t + 1));
    w -= 0.05 * step * m_hat / (std::sqrt(v_hat) + 1e-12);
  }
  return w;
}

}  // namespace

TEST_SUITE("estimate/alpha_blend") {
  TEST_CASE("on inputs the slope is 1 - alpha") {
    // Checks Liu & Mattina 2019, Eq. 5. The estimator does not set the slope to 0 outside the clipping range; the
    // library does this.
    for (const float alpha : blend_alphas) {
      CAPTURE(alpha);
      for (const float a : {-2.0f, -0.4f, 0.0f, 1.0f, 1.5f}) {
        const float slope = alpha_blend::slope(role::inputs, alpha, a, std::abs(a) <= 1);
        CHECK(std::abs(slope - (1 - static_cast<double>(alpha))) <= 0x1p-25);
      }
    }
  }

  TEST_CASE("on weights the slope is 1 and the step is scaled by 1 - alpha") {
    for (const float alpha : blend_alphas) {
      CAPTURE(alpha);
      for (const float w : {-2.0f, 0.3f, 7.0f})
        for (const bool inside : {false, true}) CHECK(alpha_blend::slope(role::weights, alpha, w, inside) == 1);
      CHECK(std::abs(alpha_blend::learning_rate_scale(alpha) - (1 - static_cast<double>(alpha))) <= 0x1p-25);
    }
  }

  TEST_CASE("the forward value blends with share alpha") {
    for (const float alpha : blend_alphas) CHECK(alpha_blend::quantized_fraction(alpha) == alpha);
  }

  TEST_CASE("is the same for a SIMD batch") {
    using std::abs;
    for (const float alpha : blend_alphas)
      for (const role r : {role::inputs, role::weights})
        CHECK(test::lane_difference(test::values(), [&](auto a) {
                return alpha_blend::slope(r, alpha, a, abs(a) <= decltype(a)(1));
              }) == "");
  }

  TEST_CASE("solves the paper's one-weight problem") {
    // Figure 3 of Liu & Mattina 2019 states neither the learning rate nor the schedule's window. It prints a final w of
    // 5.506555. The rate and the window of the second run below end at 5.5065556, which is the printed number before
    // truncation.
    const outcome first = one_weight_problem(0.3, {.begin = steps{0}, .end = steps{20}});
    CHECK(std::abs(first.w - 5.5018) <= 0.00005);
    CHECK(first.quantized == 6);
    const outcome second = one_weight_problem(0.3075, {.begin = steps{0}, .end = steps{14}});
    CHECK(second.w >= 5.506555);
    CHECK(second.w < 5.506556);
    CHECK(second.quantized == 6);
  }

  TEST_CASE("erratum: many learning rates and windows end at the weight that Figure 3 prints") {
    // For each end of the schedule's window, searches by bisection for a learning rate below 1 at which the final
    // weight is the printed one.
    constexpr double printed = 5.506555;
    int windows = 0;
    for (int end = 1; end <= 20; ++end) {
      const auto excess = [&](double rate) {
        return one_weight_problem(rate, {.begin = steps{0}, .end = steps{end}}).w - (printed + 0.5e-6);
      };
      bool found = false;
      for (double low = 0.01; low < 1 && !found; low += 0.001) {
        double a = low, b = low + 0.001;
        if (excess(a) * excess(b) > 0) continue;
        for (int i = 0; i < 50; ++i) (excess(a) * excess((a + b) / 2) > 0 ? a : b) = (a + b) / 2;
        found = std::abs(excess(a)) <= 0.5e-6;  // false if the weight jumps over the printed one
      }
      windows += found ? 1 : 0;
    }
    CHECK(windows >= 12);
    MESSAGE("windows that end at the printed weight, of 20: ", windows);
  }

  TEST_CASE("the weight of the one-weight problem stands still at alpha 1") {
    const outcome o = one_weight_problem(0.3, {.from = 1, .to = 1});
    // The first step precedes the first update of alpha, so its alpha is 0. The gradient at w = 2 is -7.4, and w
    // becomes 2 + 0.3 · 7.4 = 4.22.
    CHECK(std::abs(o.w - 4.22) <= 4 * 0x1p-52 * 4.22);
  }

  TEST_CASE("under plain gradient descent slope and step scale give the same weights") {
    const double slope = with_momentum(place::on_the_gradient, 0);
    const double step = with_momentum(place::on_the_step, 0);
    CHECK(std::abs(slope - step) <= run_length * 4 * 0x1p-52);
    CHECK(std::abs(slope - with_momentum(place::nowhere, 0)) > 0.1);
  }

  TEST_CASE("under momentum they do not") {
    CHECK(std::abs(with_momentum(place::on_the_gradient, 0.9) - with_momentum(place::on_the_step, 0.9)) > 0.1);
  }

  TEST_CASE("Adam divides a constant slope out again, but not a step scale") {
    const auto constant_alpha = [](int) { return 0.75; };
    const double unscaled = with_adam(place::nowhere, constant_alpha);
    // Adam cancels the constant factor 1 - alpha of the gradient, except for its effect through the 1e-12 in Adam's
    // denominator.
    CHECK(std::abs(with_adam(place::on_the_gradient, constant_alpha) - unscaled) <= 1e-10);
    const double scaled = with_adam(place::on_the_step, constant_alpha);
    CHECK(std::abs((3 - scaled) - (3 - unscaled) / 4) <= 0.05 * (3 - unscaled) / 4);
  }

  TEST_CASE("under Adam a rising alpha gives other weights in the two places") {
    CHECK(std::abs(with_adam(place::on_the_gradient, alpha_at) - with_adam(place::on_the_step, alpha_at)) > 0.1);
  }

  TEST_CASE("has a stable name") { CHECK(alpha_blend::name().view() == "alpha_blend"); }
}
