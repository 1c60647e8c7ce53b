#include <minnow/train/optimizer.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "single_layer.hpp"

using namespace minnow;

namespace {

struct without_update {
  float rate = 1;
  rate_schedule decay = constant_rate{};
  static constexpr int moments = 0;
  static int at(long long) { return 0; }
};
struct simple_descent : without_update {
  template <class V>
  V update(V w, V g, V*, float step_rate, int) const {
    return w - V(step_rate) * g;
  }
};

constexpr int steps_of_check = 200;

/// Returns one weight's gradients over a run, some of them zero and some small.
std::vector<float> gradients(std::uint64_t draws) {
  auto g = test::uniform(steps_of_check, draws, -2, 2);
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (i % 7 == 3) g[i] = 0;
    if (i % 11 == 5) g[i] *= 0.001f;
  }
  return g;
}

/// Compares the library's float steps with a reference in double precision. The reference receives the step, counted
/// from 1.
template <class Optimizer, class Reference>
void check_run(const Optimizer& o, Reference&& reference, double tolerance) {
  for (std::uint64_t run = 0; run < 10; ++run) {
    float w = test::uniform(1, 100 + run)[0];
    auto expected = static_cast<double>(w);
    float moments[2] = {};
    double reference_moments[2] = {};
    const auto g = gradients(run);
    for (int step = 1; step <= steps_of_check; ++step) {
      const float now = g[static_cast<std::size_t>(step - 1)];
      w = o.update(w, now, moments, o.rate, o.at(step));
      expected = reference(expected, static_cast<double>(now), reference_moments, step);
      CAPTURE(step);
      CHECK(std::abs(static_cast<double>(w) - expected) <= tolerance);
    }
  }
}

}  // namespace

static_assert(optimizer<sgd> && optimizer<adam> && optimizer<simple_descent>);
static_assert(!optimizer<without_update> && !optimizer<int>);

TEST_SUITE("train/optimizer") {
  TEST_CASE("sgd is PyTorch's: momentum without dampening, weight decay in the gradient") {
    for (const float momentum : {0.0f, 0.9f})
      for (const float decay : {0.0f, 1e-2f}) {
        const sgd o{.rate = 0.01f, .momentum = momentum, .weight_decay = decay};
        // The bound allows for 200 steps. In each step, the weight w is rounded once (|w| < 4). The moment m is rounded
        // three times (|m| < 20), and its error is multiplied by the learning rate.
        check_run(
            o,
            [&](double w, double g, double* m, int step) {
              g += static_cast<double>(decay) * w;
              m[0] = step == 1 ? g : static_cast<double>(momentum) * m[0] + g;
              return w - static_cast<double>(o.rate) * m[0];
            },
            steps_of_check * 0x1p-24 * 8);
      }
  }

  TEST_CASE("adam is PyTorch's, its decay that of AdamW: of the weight, not in the gradient") {
    for (const float decay : {0.0f, 0.1f}) {
      const adam o{.rate = 0.01f, .weight_decay = decay};
      // The reference uses the float values: beta2 = .999f differs from .999 by 1e-8, and 1 - beta2 is only 1e-3.
      const auto beta1 = static_cast<double>(o.beta1);
      const auto beta2 = static_cast<double>(o.beta2);
      check_run(
          o,
          [&](double w, double g, double* m, int step) {
            w *= 1 - static_cast<double>(o.rate) * static_cast<double>(decay);
            m[0] = beta1 * m[0] + (1 - beta1) * g;
            m[1] = beta2 * m[1] + (1 - beta2) * g * g;
            const double first = m[0] / (1 - std::pow(beta1, step));
            const double second = m[1] / (1 - std::pow(beta2, step));
            return w - static_cast<double>(o.rate) * first / (std::sqrt(second) + static_cast<double>(o.epsilon));
          },
          // Each step rounds the weight w once (|w| < 4). The direction of the step has a magnitude of a few units. It
          // is rounded about ten times, and multiplied by a learning rate of .01.
          steps_of_check * 0x1p-24 * 4);
    }
  }

  TEST_CASE("adam's first step is the rate, whatever the gradient's size") {
    const adam o{.rate = 0.125f};
    for (const float g : {1e-3f, 1.0f, -50.0f}) {
      float m[2] = {};
      CHECK(static_cast<double>(o.update(0.0f, g, m, o.rate, o.at(1))) ==
            doctest::Approx(g > 0 ? -0.125 : 0.125).epsilon(2e-5));  // epsilon / |g| is 1e-5 for the smallest gradient
    }
  }

  TEST_CASE("adam divides a constant factor on the gradient out again: why a step scale is not a slope") {
    const adam o{.rate = 0.01f};
    float w[2] = {0.5f, 0.5f};
    float m[2][2] = {};
    for (int step = 1; step <= 50; ++step) {
      const float g = gradients(1)[static_cast<std::size_t>(step)];
      w[0] = o.update(w[0], g, m[0], o.rate, o.at(step));
      w[1] = o.update(w[1], 0.25f * g, m[1], o.rate, o.at(step));
    }
    CHECK(w[0] != 0.5f);
    CHECK(std::abs(w[0] - w[1]) <= 1e-5f);
  }

  TEST_CASE("the step's rate scales the decay too") {
    float m[2] = {};
    CHECK(adam{.weight_decay = 0.5f}.update(1.0f, 0.0f, m, 0.25f, adam{}.at(1)) == 0.875f);
    float n[1] = {};
    CHECK(sgd{.weight_decay = 0.5f}.update(1.0f, 0.0f, n, 0.25f, {}) == 0.875f);
  }
}
