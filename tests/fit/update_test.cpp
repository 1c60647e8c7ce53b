#include <minnow/fit/update.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/train/loss.hpp>
#include <minnow/train/network.hpp>

#include "single_layer.hpp"
#include "training_fixture.hpp"

using namespace minnow;

namespace {

struct of_three_layers : model<features<5>, dense<6, scheme<real, sign>>, batch_norm,
                               dense<4, scheme<clipped<real>, integer<8>>>, bias, dense<3, real>> {};

/// Like alpha_blend, but the factor 1 - alpha multiplies the gradient of the weights instead of their update.
struct scaled_gradient : estimator_base {
  static constexpr text name() { return "scaled_gradient"; }
  static constexpr float quantized_fraction(float alpha) { return alpha; }
  template <class V, class Mask>
  static constexpr V slope(role, float alpha, V, Mask) {
    return V(1 - alpha);
  }
};

/// Runs forward and backward on batch `number`, without an update.
template <class Network>
void differentiate(Network& net, std::uint64_t number, float alpha) {
  constexpr int images = 12;
  const auto x = test::uniform(images * 5, 1000 + number);
  std::copy(x.begin(), x.end(), net.prepare(images).begin());
  const pass p{.mode = mode::train, .alpha = alpha};
  const auto z = net.forward(p);
  std::vector<int> labels(images);
  for (std::size_t n = 0; n < images; ++n) labels[n] = static_cast<int>((n + number) % 3);
  std::vector<float> gradient(z.size());
  cross_entropy{}(z, labels, gradient);
  for (float& g : gradient) g *= 4;
  net.backward(gradient, p);
}

/// A network with binary and ternary random weights, and float weights.
struct of_random_weights : model<features<5>, dense<6, scheme<real, sign>>, batch_norm,
                                 dense<4, scheme<real, ternary<>>>, bias, dense<3, real>> {};

/// One product of 12 weights and a bias of 8 values, like the parameters of fixtures/pytorch_training.py.
struct of_twenty_numbers : model<features<3>, dense<4, real>, dense<2, real>> {};

/// Makes one step of SGD with rate 1 from weights 0 and the gradients of the fixture. Returns the negative weights: the
/// gradients inside their limits.
std::vector<float> limited_gradients(const gradient_limits& limits) {
  network<of_twenty_numbers> net{seed{3}};
  const auto x = test::uniform(6, 1);
  std::copy(x.begin(), x.end(), net.prepare(2).begin());
  const pass p{.mode = mode::train};
  const auto z = net.forward(p);
  net.backward(std::vector<float>(z.size()), p);
  const auto gradients = test::pytorch_floats("gradients");
  auto from = gradients.begin();
  net.parameters([&](std::string_view, const parameter& of) {
    std::fill(of.value.begin(), of.value.end(), 0.0f);
    std::copy_n(from, of.gradient.size(), of.gradient.begin());
    from += static_cast<std::ptrdiff_t>(of.gradient.size());
  });
  REQUIRE(from == gradients.end());
  updater<sgd> update(sgd{.rate = 1}, limits);
  update.step(net, {0, 1, 1}, 1);
  std::vector<float> result;
  net.parameters([&](std::string_view, const parameter& of) {
    for (const float w : of.value) result.push_back(-w);
  });
  return result;
}

std::vector<float> values(network_base& net) {
  std::vector<float> result;
  net.parameters(
      [&](std::string_view, const parameter& p) { result.insert(result.end(), p.value.begin(), p.value.end()); });
  return result;
}

/// Trains for twenty steps, in which alpha cycles through `alphas`.
template <class Estimator, class Optimizer>
std::vector<float> trained(const Optimizer& o, const std::vector<float>& alphas) {
  network<of_three_layers, Estimator> net{seed{3}};
  updater<Optimizer> update(o);
  for (std::uint64_t step = 0; step < 20; ++step) {
    const float alpha = alphas[step % alphas.size()];
    differentiate(net, step, alpha);
    update.step(net, {static_cast<long long>(step), 20, 5}, alpha);
  }
  return values(net);
}

/// Compares the library's updates with a reference in double precision that receives the library's gradients.
/// reference(w, g, moments, rate, step) returns the new value of weight w from its gradient g and the optimizer's
/// moments. The rate is the learning rate of this parameter, and steps are counted from 1.
template <class Optimizer, class Reference>
void check_updates(const Optimizer& o, Reference&& reference, double tolerance) {
  network<of_three_layers, alpha_blend> net{seed{3}};
  updater<Optimizer> update(o);
  std::vector<double> expected;
  for (const float w : values(net)) expected.push_back(static_cast<double>(w));
  std::vector<std::array<double, 2>> moments(expected.size());
  constexpr float alpha = 0.3f;
  bool clipped = false;
  for (int step = 1; step <= 30; ++step) {
    differentiate(net, static_cast<std::uint64_t>(step), alpha);
    const progress at{step - 1, 30, 10};
    std::size_t i = 0;
    net.parameters([&](std::string_view path, const parameter& p) {
      const double scale = path == "0" || path == "2" ? 1 - static_cast<double>(alpha) : 1;
      const double rate = static_cast<double>(o.rate) * static_cast<double>(o.decay(at)) * scale;
      for (const float g : p.gradient) {
        double& w = expected[i];
        w = reference(w, static_cast<double>(g), moments[i].data(), rate, step);
        clipped = clipped || (path == "0" && std::abs(w) > 1);
        if (path == "0") w = std::clamp(w, -1.0, 1.0);
        ++i;
      }
    });
    update.step(net, at, alpha);
    CHECK(update.rate() == o.rate * o.decay(at));
    const auto found = values(net);
    for (std::size_t k = 0; k < found.size(); ++k) {
      CAPTURE(step);
      CAPTURE(k);
      CHECK(std::abs(static_cast<double>(found[k]) - expected[k]) <= tolerance);
    }
  }
  CHECK(clipped);
}

}  // namespace

TEST_SUITE("fit/update") {
  TEST_CASE("sgd with momentum, weight decay and a falling rate moves every parameter as a loop over doubles does") {
    const sgd o{.rate = 0.25f, .momentum = 0.9f, .weight_decay = 1e-3f, .decay = exponential_rate{.factor = 0.5f}};
    // The bound allows for three roundings in each of 30 steps. The rounded numbers are weights, which are below 8, and
    // moments below 40 that are multiplied by the learning rate 0.25. All of them are below 16.
    check_updates(
        o,
        [&](double w, double g, double* m, double rate, int) {
          m[0] = static_cast<double>(o.momentum) * m[0] + g + static_cast<double>(o.weight_decay) * w;
          return w - rate * m[0];
        },
        30 * 3 * 0x1p-24 * 16);
  }

  TEST_CASE("adam with decoupled weight decay and a cosine rate moves every parameter as a loop over doubles does") {
    const adam o{.rate = 0.125f, .weight_decay = 0.01f, .decay = cosine_rate{.to = 0.1f}};
    // The bound allows for about eleven roundings in each of 30 steps. About ten of them round the update, which is
    // below 4 times the learning rate 0.125. One rounds the weight, which is below 8. Together they are below 10 · 0.5
    // + 8 < 16.
    check_updates(
        o,
        [&](double w, double g, double* m, double rate, int step) {
          const auto beta1 = static_cast<double>(o.beta1);
          const auto beta2 = static_cast<double>(o.beta2);
          m[0] = beta1 * m[0] + (1 - beta1) * g;
          m[1] = beta2 * m[1] + (1 - beta2) * g * g;
          const double first = m[0] / (1 - std::pow(beta1, step));
          const double second = m[1] / (1 - std::pow(beta2, step));
          return w - rate * (first / (std::sqrt(second) + static_cast<double>(o.epsilon)) +
                             static_cast<double>(o.weight_decay) * w);
        },
        30 * 0x1p-24 * 16);
  }

  TEST_CASE("gradients are clipped by norm and by value as PyTorch clips them") {
    int items = 0;
    for (const std::string name : {"clipped", "limited"}) {
      const auto [first, last] = test::pytorch_training().equal_range(name);
      for (auto at = first; at != last; ++at, ++items) {
        const std::vector<double>& item = at->second;  // the limit and the gradients
        const auto limit = static_cast<float>(item[0]);
        const auto found =
            limited_gradients(name == "clipped" ? gradient_limits{.norm = limit} : gradient_limits{.value = limit});
        REQUIRE(item.size() == 1 + found.size());
        // PyTorch adds 1e-6 to the norm, which is 2.5 here.
        for (std::size_t i = 0; i < found.size(); ++i)
          CHECK(static_cast<double>(found[i]) ==
                doctest::Approx(item[1 + i]).epsilon(name == "clipped" ? 1e-6 : 1e-15));
      }
    }
    CHECK(items == 3);
  }

  TEST_CASE("both limits: values are clipped first, and the norm is that of the clipped gradients") {
    const auto gradients = test::pytorch_floats("gradients");
    double squares = 0;
    for (const float g : gradients) squares += std::pow(std::clamp(static_cast<double>(g), -0.25, 0.25), 2);
    REQUIRE(std::sqrt(squares) > 0.5);
    const auto found = limited_gradients({.norm = 0.5f, .value = 0.25f});
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(static_cast<double>(found[i]) ==
            doctest::Approx(std::clamp(static_cast<double>(gradients[i]), -0.25, 0.25) * 0.5 / std::sqrt(squares))
                .epsilon(1e-6));
    CHECK(limited_gradients({}) == gradients);
    CHECK(limited_gradients({.norm = 100, .value = 100}) == gradients);
  }

  TEST_CASE("a gradient that is not finite is refused by name, also if gradients have limits") {
    network<of_three_layers> net{seed{3}};
    updater<sgd> update(sgd{}, {.norm = 1, .value = 1});
    differentiate(net, 1, 1);
    net.parameters([&](std::string_view path, const parameter& p) {
      if (path == "4") p.gradient[1] = std::numeric_limits<float>::quiet_NaN();
    });
    CHECK_THROWS_WITH_AS(update.step(net, {0, 1, 1}, 1),
                         "fit: diverged at step 1: layer 4: the gradient of 'weights' holds a NaN or an infinity",
                         error);
  }

  TEST_CASE("limits that are not above 0 and averages with a decay outside [0, 1) are refused") {
    CHECK_THROWS_WITH_AS(updater<sgd>(sgd{}, {.norm = 0}),
                         "fit: expected limits of the gradients above 0, found the norm 0 and the value inf", error);
    CHECK_THROWS_AS(updater<sgd>(sgd{}, {.value = -1}), error);
    CHECK_THROWS_AS(updater<sgd>(sgd{}, {.norm = std::nanf("")}), error);
    CHECK_THROWS_WITH_AS(updater<sgd>(sgd{}, {}, {.decay = 1}),
                         "fit: expected a decay of the average from 0 to less than 1, found 1", error);
    CHECK_THROWS_AS(updater<sgd>(sgd{}, {}, {.decay = -0.5f}), error);
  }

  TEST_CASE("the average of the parameters is that of a loop over doubles, and changes no step") {
    constexpr float decay = 0.75f;
    network<of_three_layers, ste> net{seed{3}}, plain{seed{3}};
    updater<adam> update(adam{.rate = 0.125f}, {}, {.decay = decay}), without(adam{.rate = 0.125f});
    std::vector<double> expected(values(net).size());
    for (int step = 1; step <= 40; ++step) {
      for (auto* one : {&net, &plain}) differentiate(*one, static_cast<std::uint64_t>(step), 1);
      update.step(net, {step - 1, 40, 10}, 1);
      without.step(plain, {step - 1, 40, 10}, 1);
      const auto now = values(net);
      const double keep = std::min(static_cast<double>(decay), (step - 1) / (step + 9.0));
      for (std::size_t i = 0; i < now.size(); ++i)
        expected[i] = keep * expected[i] + (1 - keep) * static_cast<double>(now[i]);
    }
    CHECK(values(net) == values(plain));
    const auto last = values(net);
    update.put_averages(net);
    const auto found = values(net);
    CHECK(found != last);
    // Each step rounds three times. A rounding is multiplied by at most 0.75 in each later step. Weights are below 8.
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(std::abs(static_cast<double>(found[i]) - expected[i]) <= 3 * 4 * 0x1p-24 * 8);
    CHECK(update.moment_count() == 3);
    CHECK(update.is_square(1));
    CHECK(!update.is_square(2));
  }

  TEST_CASE("bop flips binary weights by the moving average of their gradient; adam moves all other parameters") {
    const bop o{.threshold = 1e-4f, .gamma = 0.125f, .rate = 0.01f, .decay = cosine_rate{.to = 0.5f}};
    network<of_three_layers, ste> net{seed{3}};
    updater<bop> update(o);
    std::vector<double> expected;
    for (const float w : values(net)) expected.push_back(static_cast<double>(w));
    std::vector<std::array<double, 2>> moments(expected.size());
    int flips = 0, close = 0;
    for (int step = 1; step <= 30; ++step) {
      differentiate(net, static_cast<std::uint64_t>(step), 1);
      const progress at{step - 1, 30, 10};
      const double factor = static_cast<double>(o.decay(at));
      std::size_t i = 0;
      net.parameters([&](std::string_view path, const parameter& p) {
        CHECK(p.binary == (path == "0"));
        for (const float gradient : p.gradient) {
          const auto g = static_cast<double>(gradient);
          double& w = expected[i];
          auto& m = moments[i++];
          if (path == "0") {
            const double gamma = static_cast<double>(o.gamma) * factor, sign = w > 0 ? 1 : -1;
            m[0] = (1 - gamma) * m[0] + gamma * g;
            const double beyond = sign * m[0] - static_cast<double>(o.threshold);
            close += std::abs(beyond) < 1e-7;  // rounding may decide
            w = beyond > 0 ? -sign : sign;
            flips += step > 1 && beyond > 0;
          } else {
            m[0] = static_cast<double>(o.beta1) * m[0] + (1 - static_cast<double>(o.beta1)) * g;
            m[1] = static_cast<double>(o.beta2) * m[1] + (1 - static_cast<double>(o.beta2)) * g * g;
            w -=
                static_cast<double>(o.rate) * factor * m[0] / (1 - std::pow(static_cast<double>(o.beta1), step)) /
                (std::sqrt(m[1] / (1 - std::pow(static_cast<double>(o.beta2), step))) + static_cast<double>(o.epsilon));
          }
        }
      });
      update.step(net, at, 1);
      const auto found = values(net);
      for (std::size_t k = 0; k < found.size(); ++k)
        CHECK(std::abs(static_cast<double>(found[k]) - expected[k]) <= 30 * 0x1p-24 * 16);
    }
    CHECK(close == 0);
    CHECK(flips > 10);
  }

  TEST_CASE("bop refuses numbers out of range") {
    CHECK(bop{}.check());
    CHECK(!bop{.threshold = -1}.check());
    CHECK(bop{.gamma = 0}.check().message() ==
          std::string("bop: gamma: expected a number above 0 and at most 1, found 0"));
    CHECK(!bop{.gamma = 1.5f}.check());
    CHECK(!bop{.beta1 = 1}.check());
    CHECK(!bop{.beta2 = 1}.check());
    CHECK(!bop{.epsilon = 0}.check());
  }

  TEST_CASE("bounded weights are clipped to [-1, 1] after every update, others are not") {
    network<of_three_layers, ste> net{seed{3}};
    updater<sgd> update(sgd{.rate = 50});
    differentiate(net, 1, 1);
    update.step(net, {0, 1, 1}, 1);
    const auto largest = [&](std::string_view which) {
      float result = 0;
      net.parameters([&](std::string_view path, const parameter& p) {
        if (path == which)
          for (const float w : p.value) result = std::max(result, std::abs(w));
      });
      return result;
    };
    CHECK(largest("0") == 1);  // sign
    CHECK(largest("1") > 1);   // gamma and beta
    CHECK(largest("2") > 1);   // integer
    CHECK(largest("4") > 1);   // real
  }

  TEST_CASE("the step scale multiplies the rate of quantized weights, and of nothing else") {
    // At alpha 1, alpha_blend does not move quantized weights.
    network<of_three_layers, alpha_blend, ste> net{seed{3}};
    const auto before = values(net);
    updater<sgd> update(sgd{.rate = 0.5f, .weight_decay = 0.1f});
    differentiate(net, 1, 1);
    update.step(net, {0, 1, 1}, 1);
    const auto after = values(net);
    std::size_t i = 0;
    net.parameters([&](std::string_view path, const parameter& p) {
      CAPTURE(path);
      const auto from = static_cast<std::ptrdiff_t>(i);
      const bool stood =
          std::equal(before.begin() + from, before.begin() + from + static_cast<std::ptrdiff_t>(p.value.size()),
                     after.begin() + from);
      CHECK(stood == (path == "0" || path == "2"));
      i += p.value.size();
    });
  }

  TEST_CASE("under plain SGD a factor on the gradient and on the step give the same weights, under momentum not") {
    // 1 - alpha is always a power of two, so scaling by it is exact and results can be compared bit by bit. alpha
    // changes during the run. The momentum keeps the factors of earlier gradients. With momentum, a factor on the
    // gradient and on the step give different weights only if the factor changes between steps.
    const std::vector<float> alphas{0.5f, 0, 0.75f};
    const sgd plain{.rate = 0.1f};
    CHECK(trained<alpha_blend>(plain, alphas) == trained<scaled_gradient>(plain, alphas));
    const sgd heavy{.rate = 0.1f, .momentum = 0.9f};
    CHECK(trained<alpha_blend>(heavy, alphas) != trained<scaled_gradient>(heavy, alphas));
    // Adam cancels a constant factor of the gradient, but not a factor of the update.
    CHECK(trained<alpha_blend>(adam{.rate = 0.01f}, alphas) != trained<scaled_gradient>(adam{.rate = 0.01f}, alphas));
  }

  TEST_CASE("weight decay is part of the step and scaled with it") {
    const std::vector<float> half{0.5f};
    const sgd decaying{.rate = 0.1f, .weight_decay = 0.1f};
    CHECK(trained<alpha_blend>(decaying, half) != trained<scaled_gradient>(decaying, half));
    CHECK(trained<alpha_blend>(sgd{.rate = 0.1f}, half) == trained<scaled_gradient>(sgd{.rate = 0.1f}, half));
  }

  TEST_CASE("a regularizer's gradient is added once before the update, for the logits of random weights only") {
    // Two networks with the same initial numbers and the same gradients. Only one of them has a regularizer, of factor
    // 1/2. SGD with rate 1 subtracts the gradient.
    network<of_random_weights, local_reparameterization<>> plain{seed{3}};
    network<of_random_weights, local_reparameterization<1, 2>> regularized{seed{3}};
    updater<sgd> of_plain(sgd{.rate = 1}), of_regularized(sgd{.rate = 1});
    differentiate(plain, 1, 1);
    differentiate(regularized, 1, 1);
    std::vector<std::string> names;
    std::vector<float> before;
    regularized.parameters([&](std::string_view, const parameter& p) {
      for (const float v : p.value) {
        before.push_back(v);
        names.emplace_back(p.name);
      }
    });
    REQUIRE(values(plain) == before);
    of_plain.step(plain, {}, 1);
    of_regularized.step(regularized, {}, 1);
    const auto without = values(plain), with = values(regularized);
    int changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double t = static_cast<double>(before[i]), p = 1 / (1 + std::exp(-t));
      const double slope = names[i] == "logits"                                     ? p * (1 - p) * (1 - 2 * p)
                           : names[i] == "zero_logits" || names[i] == "sign_logits" ? t
                                                                                    : 0;
      CHECK(static_cast<double>(without[i]) - static_cast<double>(with[i]) == doctest::Approx(slope / 2).epsilon(1e-4));
      changed += with[i] != without[i];
    }
    CHECK(changed >= 70);  // of 30 + 48 logits
  }
}
