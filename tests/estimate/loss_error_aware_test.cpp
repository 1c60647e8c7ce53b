#include <minnow/estimate/loss_error_aware.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ratio>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/fit/fit.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/methods/scaled_ternary.hpp>
#include <minnow/quantize/with_freeze.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/schedule/staircase.hpp>
#include <minnow/train/evaluate.hpp>
#include <minnow/train/layers/product.hpp>
#include <minnow/train/network.hpp>
#include <minnow/train/vectors.hpp>

#include "random_numbers.hpp"
#include "single_layer.hpp"
#include "small_digits.hpp"

using namespace minnow;

namespace {

using penalty = loss_error_aware<std::ratio<1, 4>, std::ratio<3, 8>>;
static_assert(estimator<penalty> && detail::freezes_weights<penalty> && detail::penalizes_weights<penalty>);
static_assert(!detail::penalizes_weights<incremental>);

/// The two penalties of one weight, in double precision.
double penalty_of(double w, double h, double g) { return 0.25 * std::abs(g * (h - w)) + 0.375 * (h - w) * (h - w); }

constexpr int penalized_inputs = 19, penalized_units = 7, penalized_images = 3;

template <class Estimator>
using penalized_layer = test::single_layer<dense<penalized_units, with_freeze<scaled_ternary<>>>, Estimator>;

/// Runs a forward and a backward pass at alpha, then what a run does before an update. Returns the gradients.
template <class Estimator>
std::vector<float> gradients_before_update(float alpha, std::vector<float>* weights_then = nullptr) {
  penalized_layer<Estimator> layer({1, 1, penalized_inputs}, penalized_images, wiring<real>{});
  layer.set("weights", test::uniform(penalized_inputs * penalized_units, 31, -1, 1));
  const pass p{.mode = mode::train, .alpha = alpha};
  layer.forward(test::uniform(penalized_inputs * penalized_images, 32, -1, 1), p);
  layer.backward(test::uniform(penalized_units * penalized_images, 33, -1, 1), p);
  layer.layer.parameters([](const parameter& q) {
    if (q.regularize) q.regularize();
  });
  if (weights_then != nullptr) *weights_then = layer.values()["weights"];
  return layer.gradients()["weights"];
}

/// A user's estimator whose penalty is a function of floats.
struct penalty_of_floats : incremental {
  static constexpr text name() { return "penalty_of_floats"; }
  static float penalty_slope(float w, float h, float g) { return penalty::penalty_slope(w, h, g); }
};

using kept_ternary = with_freeze<scaled_ternary<>>;
using kept_binary = with_freeze<scaled_sign<per_tensor>>;

/// Inputs have integer codes, so that the packed network's sums are exact.
struct elq_digits : model<image<1, 14, 14>, conv<16, scheme<pixels, kept_ternary>, stride<2>>, batch_norm,
                          conv<24, scheme<ternary<>, kept_binary>>, batch_norm,
                          dense<10, scheme<ternary<>, kept_ternary>>, batch_norm> {};

}  // namespace

TEST_SUITE("estimate/loss_error_aware") {
  TEST_CASE("the slope is the derivative of both penalties, for constant gradient and level") {
    for (const double w : {-1.4, -0.6, -0.1, 0.3, 0.9, 1.7})
      for (const double h : {-1.0, 0.0, 1.0})
        for (const double g : {-2.0, -0.25, 0.0, 0.5}) {
          constexpr double step = 1e-6;
          const double expected = (penalty_of(w + step, h, g) - penalty_of(w - step, h, g)) / (2 * step);
          const float found =
              penalty::penalty_slope(static_cast<float>(w), static_cast<float>(h), static_cast<float>(g));
          CHECK(std::abs(static_cast<double>(found) - expected) < 1e-5);
        }
    CHECK(penalty::penalty_slope(0.5f, 0.5f, 3.0f) == 0);
  }

  TEST_CASE("SIMD lanes are equal to single numbers") {
    using detail::lanes;
    const auto w = test::uniform(lanes, 1, -2, 2), h = test::uniform(lanes, 2, -1, 1),
               g = test::uniform(lanes, 3, -3, 3);
    float found[lanes];
    const auto whole = detail::whole{};
    detail::store(found,
                  penalty::penalty_slope(detail::load(w.data(), whole), detail::load(h.data(), whole),
                                         detail::load(g.data(), whole)),
                  whole);
    for (std::size_t i = 0; i < static_cast<std::size_t>(lanes); ++i) {
      const double exact = -0.25 * std::abs(static_cast<double>(g[i])) * (h[i] > w[i] ? 1 : -1) -
                           0.75 * (static_cast<double>(h[i]) - static_cast<double>(w[i]));
      CHECK(std::abs(static_cast<double>(found[i]) - exact) < 1e-6);
    }
  }

  TEST_CASE("a step adds the slope to the gradients of the weights that are not frozen") {
    for (const float alpha : {0.0f, 0.5f}) {
      std::vector<float> weights;
      const auto plain = gradients_before_update<incremental>(alpha);
      const auto found = gradients_before_update<penalty>(alpha, &weights);
      scaled_ternary<>::state s;
      REQUIRE(
          scaled_ternary<>::observe(s, test::uniform(penalized_inputs * penalized_units, 31, -1, 1), role::weights));
      int held = 0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        const auto w = static_cast<double>(weights[i]), g = static_cast<double>(plain[i]);
        const double h = static_cast<double>(quantized<scaled_ternary<>>(weights[i], s));
        const double way = h - w;
        const double sign = way > 0 ? 1 : way < 0 ? -1 : 0;
        held += way == 0;
        CHECK(std::abs(static_cast<double>(found[i]) - (g - 0.25 * std::abs(g) * sign - 0.75 * way)) < 1e-5);
      }
      // Of 133 weights, alpha 0.5 freezes 66 at levels (0.5 * 133 is rounded to even).
      CHECK(held == (alpha == 0 ? 0 : 66));
    }
  }

  TEST_CASE("a penalty of floats is applied like one of SIMD batches") {
    const auto floats = gradients_before_update<penalty_of_floats>(0.5f);
    const auto batches = gradients_before_update<penalty>(0.5f);
    for (std::size_t i = 0; i < floats.size(); ++i) CHECK(std::abs(floats[i] - batches[i]) < 1e-6f);
    CHECK(floats != gradients_before_update<incremental>(0.5f));
  }

  TEST_CASE("the larger the penalty, the nearer the weights are to their levels; packed networks equal trained ones") {
    const auto data = test::small_digits(600, seed{5});
    const auto held_out = test::small_digits(200, seed{6});
    const auto distance = [&]<class Estimator>(Estimator) {
      network<elq_digits, Estimator, ste> net{seed{2}};
      fit(net, data, adam{.rate = 1e-2f}, constant{0}, {.epochs = 3, .batch = 30});
      double sum = 0;
      net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
        if (name != "weights" || path != "4") return;
        scaled_ternary<>::state s;
        REQUIRE(scaled_ternary<>::observe(s, values, role::weights));
        double size = 0, error = 0;
        for (const float w : values) {
          const double d = static_cast<double>(w - quantized<scaled_ternary<>>(w, s));
          error += d * d;
          size += static_cast<double>(w) * static_cast<double>(w);
        }
        sum = error / size;
      });
      fit(net, data, adam{.rate = 3e-3f}, staircase{}, {.epochs = 4, .batch = 30});
      CHECK(std::ranges::equal(logits(net, held_out), logits(pack(net), held_out)));
      CHECK(accuracy(net, held_out) > 0.3);
      REQUIRE(sum > 0);
      return sum;
    };
    const double none = distance(loss_error_aware<std::ratio<0>, std::ratio<0>>{});
    CHECK(distance(loss_error_aware<std::ratio<1, 10>, std::ratio<1, 10>>{}) < 0.8 * none);
  }
}
