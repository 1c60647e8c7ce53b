#include <minnow/estimate/noise.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/estimate/ste.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/quantize.hpp>
#include <minnow/quantize/integer.hpp>
#include <minnow/quantize/methods/dorefa.hpp>
#include <minnow/quantize/methods/lsq.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/power_of_two.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/ternary.hpp>
#include <minnow/train/layers/product.hpp>
#include <minnow/train/layers/quantize.hpp>

#include "random_numbers.hpp"
#include "single_layer.hpp"

using namespace minnow;

static_assert(estimator<with_noise<ste>> && with_noise<ste>::stochastic && !ste::stochastic);
static_assert(estimator<dithered<aqe>> && dithered<aqe>::stochastic);

namespace {

// A dense layer of one unit, whose weights have quantizer Q. Image i is row i of the identity matrix, so that the
// outputs are the weights that the forward pass uses.
template <class Q>
using row = dense<1, Q>;
constexpr int size = 300;

template <class Q, class Estimator>
class weights_of_passes {
public:
  explicit weights_of_passes(const std::vector<float>& w)
      : layer_({1, 1, size}, size, wiring<real>{}), identity_(static_cast<std::size_t>(size) * size) {
    for (std::size_t i = 0; i < size; ++i) identity_[i * (size + 1)] = 1;
    layer_.set("weights", w);
  }
  const std::vector<float>& in(const pass& p) { return layer_.forward(identity_, p); }

private:
  test::single_layer<row<Q>, Estimator> layer_;
  std::vector<float> identity_;
};

/// Returns for each weight w the mean of h(w - z) over many draws of the noise z, where h is the quantizer.
template <class Q, class Estimator>
std::vector<double> mean_weights(const std::vector<float>& w, int draws) {
  weights_of_passes<Q, Estimator> weights(w);
  std::vector<double> sums(size);
  for (int i = 0; i < draws; ++i) {
    const auto& used = weights.in({.mode = mode::train, .noise = minnow::random(seed{static_cast<std::uint64_t>(i)})});
    for (std::size_t k = 0; k < size; ++k) sums[k] += static_cast<double>(used[k]) / draws;
  }
  return sums;
}

constexpr int draws = 2000;

}  // namespace

TEST_SUITE("estimate/noise") {
  TEST_CASE("weights: the expectation of h(w - z) is that of its probabilities") {
    std::vector<float> w = test::uniform(size, 5, -1.2f, 1.2f);
    const auto clip = [](double x) { return std::clamp(x, -1.0, 1.0); };
    // A quantized weight is between -1 and 1, so its standard deviation is at most 1. The standard deviation of the
    // mean of all draws is then at most 1 / sqrt(draws), and the bound is five times this number.
    const double bound = 5 / std::sqrt(draws);
    const auto signs = mean_weights<sign, aqe_stochastic>(w, draws);
    for (std::size_t k = 0; k < size; ++k) CHECK(std::abs(signs[k] - clip(w[k])) <= bound);
    const auto bnn = mean_weights<sign, with_noise<ste>>(w, draws);
    CHECK(bnn == signs);
    // Ternary, with z uniform on [-1, 1]: h(w - z) is 1 if z < w - 1/2 and -1 if z >= w + 1/2, so its mean is (clip(w -
    // 1/2) + clip(w + 1/2)) / 2, which is 0.55 for w = 0.6.
    const auto wide = mean_weights<ternary<>, aqe_stochastic>(w, draws);
    for (std::size_t k = 0; k < size; ++k)
      CHECK(std::abs(wide[k] - (clip(w[k] - 0.5) + clip(w[k] + 0.5)) / 2) <= bound);
    const auto narrow = mean_weights<ternary<>, dithered<aqe>>(w, draws);
    for (std::size_t k = 0; k < size; ++k) CHECK(std::abs(narrow[k] - clip(w[k])) <= bound / 2);
  }

  TEST_CASE("dithered: integers are rounded up and down with the probabilities that give their value") {
    const std::vector<float> w = test::uniform(size, 6, -0.4f, 0.4f);
    integer<4>::state s;
    REQUIRE(integer<4>::observe(s, w, role::weights));
    const auto means = mean_weights<integer<4>, dithered<ste>>(w, draws);
    const double step = s.g;
    for (std::size_t k = 0; k < size; ++k)
      CHECK(std::abs(means[k] - std::clamp(static_cast<double>(w[k]), -7 * step, 7 * step)) <=
            2.5 * step / std::sqrt(draws));
  }

  TEST_CASE("weights without noise: evaluation and re-estimation use h(w), before and after training passes") {
    const std::vector<float> w = test::uniform(size, 7, -1.2f, 1.2f);
    const auto check = [&]<class Q>(Q) {
      weights_of_passes<Q, aqe_stochastic> noisy(w);
      weights_of_passes<Q, aqe> plain(w);
      for (const float alpha : {0.5f, 1.0f})
        for (const mode m : {mode::evaluate, mode::reestimate}) {
          const pass p{.mode = m, .alpha = alpha, .noise = minnow::random(seed{1})};
          const pass training{.mode = mode::train, .alpha = alpha, .noise = minnow::random(seed{2})};
          const std::vector<float> wanted = plain.in(p);
          CHECK(noisy.in(p) == wanted);
          CHECK(noisy.in(training) != plain.in(training));
          CHECK(noisy.in(p) == wanted);
        }
    };
    check(sign{});
    check(ternary<>{});
    check(power_of_two<3>{});
    check(integer<4>{});
  }

  TEST_CASE("weights: the noise of a step does not depend on the number of threads, and steps differ") {
    const std::vector<float> w = test::uniform(size, 8, -1.0f, 1.0f);
    weights_of_passes<sign, aqe_stochastic> weights(w);
    const auto draw = [&](std::uint64_t s) {
      return weights.in({.mode = mode::train, .noise = minnow::random(seed{s})});
    };
    set_threads(1);
    const std::vector<float> first = draw(1);
    set_threads(2);
    CHECK(draw(1) == first);
    set_threads(0);
    CHECK(draw(2) != first);
  }

  TEST_CASE("dithered: the noise is as wide as the mean distance between two levels") {
    const auto distance = []<class Q>(Q, float state) { return detail::level_distance<Q>(detail::state_of<Q>(state)); };
    CHECK(distance(sign{}, 0) == 2);
    CHECK(distance(ternary<>{}, 0) == 1);
    CHECK(distance(power_of_two<3>{}, 0) == 2.0f / 6);
    CHECK(distance(integer<4>{}, 0.25f) == 0.25f);
    CHECK(distance(unsigned_integer<8>{}, 0.25f) == 0.25f);
    CHECK(distance(unsigned_lsq<2>{}, 0.5f) == 0.5f);
    CHECK(distance(scaled_sign<>{}, 0.5f) == 1);
    // The levels of dorefa_weights<2> are -1, -1/3, 1/3 and 1.
    CHECK(distance(dorefa_weights<2>{}, 0.5f) == doctest::Approx(2.0 / 3).epsilon(1e-7));
  }

  TEST_CASE("has stable names") {
    CHECK(with_noise<ste>::name().view() == "with_noise<ste>");
    CHECK(dithered<aqe>::name().view() == "dithered<aqe>");
  }
}
