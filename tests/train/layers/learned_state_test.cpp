#include <minnow/train/layers/learned_state.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/data/synthetic_digits.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/train/evaluate.hpp>
#include <minnow/train/network.hpp>
#include <minnow/train/optimizer.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

constexpr int learned_inputs = 37, learned_outputs = 5, learned_images = 9;

/// Computes Esser et al. 2020, Eq. 3, for one weight.
double step_slope(double w, double step, double limit) {
  const double v = w / step;
  return v <= -limit ? -limit : v >= limit ? limit : std::nearbyint(v) - v;
}

/// Computes the transformer of weights (Jung et al. 2019, section 3) in double precision. p holds center, distance and
/// gamma.
double interval_transformer(double w, const std::array<double, 3>& p) {
  const double t = std::clamp((std::abs(w) - p[0]) / (2 * p[1]) + 0.5, 0.0, 1.0);
  return (w < 0 ? -1 : 1) * std::pow(t, p[2]);
}

/// Returns the loss gradient of filter f's weight k: the sum over images of x · g.
double arriving(const std::vector<float>& x, const std::vector<float>& g, int f, int k) {
  double sum = 0;
  for (int n = 0; n < learned_images; ++n)
    sum += static_cast<double>(x[static_cast<std::size_t>(n * learned_inputs + k)]) *
           static_cast<double>(g[static_cast<std::size_t>(n * learned_outputs + f)]);
  return sum;
}

struct learning : model<image<1, 28, 28>, conv<8, scheme<pixels, lsq<4>>, kernel<5>, stride<2>>, batch_norm, relu,
                        dense<24, methods::lsq<4, 4>>, batch_norm, dense<10, methods::pact<2, 3>>, batch_norm> {};

struct fast_learning
    : model<features<8>, dense<17, scheme<lsq<8>, sign>>, batch_norm, dense<3, scheme<sign, sign>>, bias> {};

}  // namespace

TEST_SUITE("train/layers/learned_state") {
  TEST_CASE("a step that would take a state out of its bounds ends at the bound, the last one too") {
    network<learning> net{seed{2}};
    const auto digits = synthetic_digits(20, seed{3});
    updater<sgd> update(sgd{.rate = 1});
    net.take(digits, 0, 20);
    (void)net.forward({.mode = mode::train, .alpha = 1});
    net.parameters([](std::string_view, const parameter& p) {
      std::fill(p.gradient.begin(), p.gradient.end(), p.name == "state" ? 1e3f : 0.0f);
    });
    update.step(net, {0, 1, 1}, 1);
    int states = 0;
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      if (name != "state" || path == "0.inputs") return;
      CAPTURE(path);
      for (const float v : values) CHECK(v > 0);
      states += static_cast<int>(values.size());
    });
    CHECK(states >= 5);
    CHECK_NOTHROW((void)pack(net));
  }

  // If the optimizer's steps were not limited, 9 of these 40 seeds would end with a state at or below 0.
  TEST_CASE("a fast run over few images: packed and trained networks agree whatever the last update did") {
    std::vector<float> x(8 * 64);
    std::vector<int> y(64);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i) * 1.7f + 0.3f);
    for (int i = 0; i < 64; ++i) y[static_cast<std::size_t>(i)] = (i * i + i / 3) % 3;
    const dataset<float> data(shape{1, 1, 8}, x, y);
    for (std::uint64_t number = 1; number <= 40; ++number) {
      network<fast_learning> net{seed{number}};
      fit(net, data, adam{.rate = 0.1f}, constant{1}, {.epochs = 20, .batch = 16, .seed = seed{number}});
      CHECK(logits(net, data) == logits(pack(net), data));
    }
  }

  TEST_CASE("the steps of weights have the paper's gradient, one for each filter or one for all") {
    const auto x = test::uniform(learned_images * learned_inputs, 1),
               g = test::uniform(learned_images * learned_outputs, 2),
               w = test::uniform(learned_outputs * learned_inputs, 3, -1.5f, 1.5f);
    test::single_layer<dense<learned_outputs, lsq<3, per_channel>>> by_filter({1, 1, learned_inputs}, learned_images);
    test::single_layer<dense<learned_outputs, lsq<3>>> by_layer({1, 1, learned_inputs}, learned_images);
    by_filter.set("weights", w);
    by_layer.set("weights", w);
    by_filter.forward(x);
    by_layer.forward(x);
    (void)by_filter.backward(g);
    (void)by_layer.backward(g);
    const auto steps = by_filter.values()["state"], found = by_filter.gradients()["state"];
    const float step = by_layer.values()["state"][0];
    REQUIRE(steps.size() == learned_outputs);
    double of_layer = 0;
    for (int f = 0; f < learned_outputs; ++f) {
      double of_filter = 0;
      for (int k = 0; k < learned_inputs; ++k) {
        const double weight = static_cast<double>(w[static_cast<std::size_t>(f * learned_inputs + k)]);
        of_filter +=
            arriving(x, g, f, k) * step_slope(weight, static_cast<double>(steps[static_cast<std::size_t>(f)]), 3);
        of_layer += arriving(x, g, f, k) * step_slope(weight, static_cast<double>(step), 3);
      }
      CHECK(found[static_cast<std::size_t>(f)] ==
            doctest::Approx(of_filter / std::sqrt(learned_inputs * 3.0)).epsilon(1e-4));
    }
    CHECK(by_layer.gradients()["state"][0] ==
          doctest::Approx(of_layer / std::sqrt(learned_outputs * learned_inputs * 3.0)).epsilon(1e-4));
  }

  TEST_CASE("the interval of weights has the gradient of finite differences of the transformer") {
    const auto x = test::uniform(learned_images * learned_inputs, 11),
               g = test::uniform(learned_images * learned_outputs, 12),
               w = test::uniform(learned_outputs * learned_inputs, 13, -1.5f, 1.5f);
    test::single_layer<dense<learned_outputs, qil_weights<4>>> one({1, 1, learned_inputs}, learned_images);
    one.set("weights", w);
    one.forward(x);
    constexpr std::array<double, 3> state = {0.75, 0.5, 1.5};
    one.set("state", {0.75f, 0.5f, 1.5f});
    (void)one.backward(g);
    const auto found = one.gradients();
    for (std::size_t i = 0; i < 3; ++i) {
      std::array<double, 3> above = state, below = state;
      above[i] += 1e-6;
      below[i] -= 1e-6;
      double wanted = 0;
      for (int f = 0; f < learned_outputs; ++f)
        for (int k = 0; k < learned_inputs; ++k) {
          const double weight = w[static_cast<std::size_t>(f * learned_inputs + k)];
          wanted +=
              arriving(x, g, f, k) * (interval_transformer(weight, above) - interval_transformer(weight, below)) / 2e-6;
        }
      CAPTURE(i);
      CHECK(found.at("state")[i] == doctest::Approx(wanted).epsilon(1e-3));
    }
    int pruned = 0, clipped = 0;
    for (int f = 0; f < learned_outputs; ++f)
      for (int k = 0; k < learned_inputs; ++k) {
        const auto at = static_cast<std::size_t>(f * learned_inputs + k);
        const double weight = w[at],
                     slope = (interval_transformer(weight + 1e-6, state) - interval_transformer(weight - 1e-6, state)) /
                             2e-6;
        CHECK(found.at("weights")[at] == doctest::Approx(arriving(x, g, f, k) * slope).epsilon(1e-3));
        pruned += std::abs(weight) < 0.25;
        clipped += std::abs(weight) > 1.25;
      }
    CHECK(pruned > 0);
    CHECK(clipped > 0);
  }

  TEST_CASE("the clip of inputs has the gradient of what lies above it, whatever the number of threads") {
    constexpr int size = 50000;
    const auto x = test::uniform(size, 4, -1, 3), g = test::uniform(size, 5);
    float first = 0;
    for (const int count : {1, 3}) {
      set_threads(count);
      test::single_layer<quantize<pact<4>>> one({1, 1, size / 2}, 2);
      one.forward(test::uniform(size, 4, -1, 2));  // initializes the clip
      one.forward(x);
      const auto grad_in = one.backward(g);
      const float clip = one.values()["state"][0];
      double wanted = 0;
      for (std::size_t i = 0; i < size; ++i) {
        if (x[i] >= clip) wanted += static_cast<double>(g[i]);
        CHECK_FALSE((grad_in[i] != (x[i] >= 0 && x[i] <= clip ? g[i] : 0)));
      }
      const float found = one.gradients()["state"][0];
      CHECK(found == doctest::Approx(wanted).epsilon(1e-4));
      if (count == 1) first = found;
      else CHECK(found == first);
    }
    set_threads(0);
  }

  TEST_CASE("scales and shifts of binary inputs have the gradients of Lin et al. 2017") {
    constexpr int size = 3000;
    const auto x = test::uniform(size, 9, -2, 2), g = test::uniform(size, 10);
    test::single_layer<quantize<abc_inputs<2>>> one({1, 1, size / 2}, 2);
    one.forward(x);
    const auto grad_in = one.backward(g);
    const auto state = one.values()["state"], found = one.gradients()["state"];
    REQUIRE(state.size() == 4);
    double wanted[4] = {};
    int different = 0;
    for (std::size_t i = 0; i < size; ++i) {
      double slope = 0;
      for (std::size_t n = 0; n < 2; ++n) {
        const double shifted = static_cast<double>(x[i]) + static_cast<double>(state[2 + n]);
        const double passes = shifted >= 0 && shifted <= 1 ? static_cast<double>(state[n]) : 0;
        wanted[n] += static_cast<double>(g[i]) * (std::clamp(shifted, 0.0, 1.0) >= 0.5 ? 1 : -1);
        wanted[2 + n] += static_cast<double>(g[i]) * passes;
        slope += passes;
      }
      different += std::abs(static_cast<double>(grad_in[i]) - static_cast<double>(g[i]) * slope) > 1e-5 ? 1 : 0;
    }
    for (std::size_t n = 0; n < 4; ++n) {
      CHECK(std::abs(wanted[n]) > 1);
      CHECK(found[n] == doctest::Approx(wanted[n]).epsilon(1e-3));
    }
    CHECK(different == 0);
  }

  TEST_CASE("a blended quantizer's state gets its share") {
    const auto x = test::uniform(learned_images * learned_inputs, 6),
               g = test::uniform(learned_images * learned_outputs, 7);
    const auto gradient_at = [&](float alpha) {
      test::single_layer<dense<learned_outputs, lsq<3>>, aqe> one({1, 1, learned_inputs}, learned_images);
      one.set("weights", test::uniform(learned_outputs * learned_inputs, 8));
      one.forward(x, {.mode = mode::train, .alpha = alpha});
      (void)one.backward(g, {.mode = mode::train, .alpha = alpha});
      return one.gradients()["state"][0];
    };
    CHECK(gradient_at(0.25f) == doctest::Approx(0.25 * static_cast<double>(gradient_at(1))).epsilon(1e-4));
  }

  TEST_CASE("the optimizer moves them, and they are packed") {
    const auto data = synthetic_digits(600, seed{1});
    network<learning> net{seed{2}};
    std::vector<float> begin;
    const auto states = [&] {
      std::vector<float> all;
      net.parameters([&](std::string_view, const parameter& p) {
        if (p.name == "state") all.insert(all.end(), p.value.begin(), p.value.end());
      });
      return all;
    };
    fit(net, data, adam{.rate = 5e-3f}, constant{1}, {.epochs = 4, .batch = 30},
        [&](const event& e, network<learning>&) {
          if (e.step == 1 && !e.epoch_end) begin = states();
        });
    const auto end = states();
    REQUIRE(end.size() == 4);  // one state for each of two weight and two input quantizers
    for (std::size_t i = 0; i < end.size(); ++i) CHECK(end[i] != begin[i]);
    CHECK(accuracy(net, data) > 0.8);
    auto tiny = pack(net);
    CHECK(predict(net, data) == predict(tiny, data));
  }
}
