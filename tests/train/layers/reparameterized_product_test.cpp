#include <minnow/train/layers/reparameterized_product.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/train/layers/noise.hpp>
#include <minnow/train/layers/product.hpp>

#include "reference_convolution.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using reparameterized = local_reparameterization<>;

pass drawing(std::uint64_t number, int first_image = 0) {
  return {.mode = mode::train, .noise = minnow::random(seed{number}), .first_image = first_image};
}

/// Sets all logits at random and returns them, array by array.
template <class Layer>
std::vector<std::vector<float>> random_logits(test::single_layer<Layer, reparameterized>& one) {
  std::vector<std::vector<float>> result;
  for (const auto& [name, old] : one.values()) {
    result.push_back(test::uniform(static_cast<int>(old.size()), 20 + result.size(), -2.5f, 2.5f));
    one.set(name, result.back());
  }
  if (result.size() == 2) std::swap(result[0], result[1]);  // by name, sign_logits comes first
  return result;
}

/// Mean and variance of each weight in double precision.
std::pair<std::vector<double>, std::vector<double>> exact_moments(const std::vector<std::vector<float>>& logits) {
  std::vector<double> means, variances;
  const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-static_cast<double>(x))); };
  for (std::size_t k = 0; k < logits[0].size(); ++k) {
    const double zero = logits.size() == 2 ? sigmoid(logits[0][k]) : 0, p = sigmoid(logits.back()[k]);
    means.push_back((1 - zero) * (2 * p - 1));
    variances.push_back(1 - zero - means.back() * means.back());
  }
  return {means, variances};
}

/// Compares mean and variance of many draws of each output with the exact numbers. Each image of the batch is the same,
/// so the outputs of the images are draws from one distribution.
template <class Layer>
void check_draws(shape in) {
  CAPTURE(Layer::name().c_str());
  constexpr int draws = 6000;
  const geometry g = Layer::over(in);
  test::single_layer<Layer, reparameterized> one(in, draws);
  const auto [means, variances] = exact_moments(random_logits(one));
  const auto x = test::uniform(in.size(), 3, -1.5f, 1.5f);
  std::vector<float> batch;
  for (int n = 0; n < draws; ++n) batch.insert(batch.end(), x.begin(), x.end());
  const auto out = one.forward(batch, drawing(5));
  std::vector<double> squares;
  for (const float v : x) squares.push_back(static_cast<double>(v) * static_cast<double>(v));
  const auto mean = test::convolve<double>(g, 1, x, means), variance = test::convolve<double>(g, 1, squares, variances);
  const std::size_t size = mean.size();
  for (std::size_t i = 0; i < size; ++i) {
    double sum = 0, sum_of_squares = 0;
    for (std::size_t n = 0; n < draws; ++n) sum += static_cast<double>(out[n * size + i]);
    for (std::size_t n = 0; n < draws; ++n)
      sum_of_squares += std::pow(static_cast<double>(out[n * size + i]) - sum / draws, 2);
    // The standard deviations of a sample's mean and variance. The bounds are five times as large.
    const double wanted = variance[i] + 1e-3;
    CHECK(std::abs(sum / draws - mean[i]) <= 5 * std::sqrt(wanted / draws));
    CHECK(std::abs(sum_of_squares / draws - wanted) <= 5 * wanted * std::sqrt(2.0 / draws));
  }
}

/// Outputs of all other passes are the product with the most probable weights, as `quantize` returns them.
template <class Layer>
void check_most_probable(shape in) {
  CAPTURE(Layer::name().c_str());
  test::single_layer<Layer, reparameterized> one(in, 2);
  const auto [means, variances] = exact_moments(random_logits(one));
  const auto x = test::uniform(2 * in.size(), 4);
  for (const mode m : {mode::evaluate, mode::reestimate, mode::calibrate}) {
    const auto out = one.forward(x, {.mode = m, .noise = minnow::random(seed{1})});
    const auto codes = one.layer.quantize("0").codes;
    const std::vector<float> weights(codes.begin(), codes.end());
    const auto wanted = test::exact_outputs(Layer::over(in), 2, x, weights);
    for (std::size_t i = 0; i < out.size(); ++i)
      CHECK(std::abs(static_cast<double>(out[i]) - wanted.exact[i]) <= 1e-5 * (wanted.magnitude[i] + 1e-9));
    CHECK(one.forward(x, drawing(1)) != out);
  }
}

}  // namespace

TEST_SUITE("train/layers/reparameterized_product") {
  TEST_CASE("outputs are drawn with the mean and the variance of sums of random weights") {
    check_draws<dense<5, sign>>({1, 1, 9});
    check_draws<dense<5, ternary<>>>({1, 1, 9});
    check_draws<conv<3, ternary<>, kernel<3, 2>, stride<2, 1>>>({4, 3, 2});
    check_draws<conv<4, sign, groups<2>>>({3, 3, 4});
    check_draws<depthwise_conv<ternary<>>>({3, 3, 3});
  }

  TEST_CASE("evaluation, re-estimation and calibration multiply by the most probable weights") {
    check_most_probable<dense<5, sign>>({1, 1, 40});
    check_most_probable<conv<5, ternary<>>>({5, 4, 3});
    check_most_probable<depthwise_conv<sign>>({5, 4, 3});
  }

  TEST_CASE("noise is normally distributed, also a number and its neighbor") {
    constexpr int count = 200000;
    const minnow::random draws{seed{3}};
    double sums[5] = {}, products = 0;
    int inside = 0;
    double before = 0;
    for (std::size_t i = 0; i < count; ++i) {
      float one[detail::lanes];
      detail::store(one, detail::normal_at(draws, i), detail::whole{});
      const auto z = static_cast<double>(one[0]);
      for (int power = 1; power <= 4; ++power) sums[power] += std::pow(z, power) / count;
      products += z * before / count;
      inside += std::abs(z) < 1;
      before = z;
    }
    // The moments of a normal distribution are 0, 1, 0, 3; the sample's have standard deviations of 1, sqrt(2),
    // sqrt(15), sqrt(96) over sqrt(count).
    const double wanted[5] = {0, 0, 1, 0, 3}, variance[5] = {0, 1, 2, 15, 96};
    for (int power = 1; power <= 4; ++power)
      CHECK(std::abs(sums[power] - wanted[power]) <= 5 * std::sqrt(variance[power] / count));
    CHECK(std::abs(products) <= 5 / std::sqrt(count));
    CHECK(std::abs(inside / static_cast<double>(count) - 0.682689) <= 5 * std::sqrt(0.25 / count));
  }

  TEST_CASE("an image's noise depends on its index in the batch of all ranks, not on threads or on other images") {
    using layer = conv<3, ternary<>>;
    const shape in{4, 3, 2};
    test::single_layer<layer, reparameterized> whole(in, 7);
    (void)random_logits(whole);
    const auto x = test::uniform(7 * in.size(), 4);
    set_threads(1);
    const std::vector<float> expected = whole.forward(x, drawing(8));
    set_threads(2);
    CHECK(whole.forward(x, drawing(8)) == expected);
    set_threads(0);
    CHECK(whole.forward(x, drawing(9)) != expected);
    const std::size_t outputs = expected.size() / 7;
    for (const int first : {0, 2, 5}) {
      test::single_layer<layer, reparameterized> part(in, 2);
      (void)random_logits(part);
      const auto begin = x.begin() + first * in.size();
      const auto found = part.forward({begin, begin + 2 * in.size()}, drawing(8, first));
      CHECK(std::equal(found.begin(), found.end(), expected.begin() + static_cast<std::ptrdiff_t>(outputs) * first));
    }
  }

  TEST_CASE("inputs that are codes count with their scale") {
    const shape in{4, 4, 3};
    std::vector<float> codes(2 * 48), values;
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<float>(static_cast<int>(i * 7 % 15) - 7);
    for (const float c : codes) values.push_back(c * 0.25f);
    const auto r = test::uniform(2 * 16 * 4, 3);
    test::single_layer<conv<4, ternary<>>, reparameterized> of_codes(in, 2), of_values(in, 2);
    of_codes.in().scale = 0.25f;  // a power of two, so scaling is exact
    of_codes.in().max_code = 7;
    for (auto* one : {&of_codes, &of_values}) (void)random_logits(*one);
    for (const pass& p : {drawing(4), pass{}}) {
      CHECK(of_codes.forward(codes, p) == of_values.forward(values, p));
      CHECK(of_codes.backward(r, p) == of_values.backward(r, p));
      CHECK(of_codes.gradients() == of_values.gradients());
    }
  }

  TEST_CASE("new weights give new probabilities; weights() are the expected weights") {
    test::single_layer<dense<2, sign>, reparameterized> one({1, 1, 4}, 1);
    // The standard deviation of these weights is 2, and their mean is 0. The expected weights are the weights divided by
    // 2, limited to [-0.9, 0.9].
    const float given[] = {1, -1, 3, -3, 0.5f, -0.5f, 2.3979158f, -2.3979158f};
    const double wanted[] = {0.5, -0.5, 0.9, -0.9, 0.25, -0.25, 0.9, -0.9};
    float_array<4> w({2, 1, 1, 4});
    std::copy(std::begin(given), std::end(given), w.begin());
    one.layer.set_weights(w);
    const auto found = one.layer.weights();
    for (std::size_t k = 0; k < 8; ++k) {
      CHECK(std::abs(static_cast<double>(found.data()[k]) - wanted[k]) <= 1e-6);
      CHECK(one.layer.quantize("0").codes[k] == (wanted[k] > 0 ? 1 : -1));
    }
    one.layer.set_weights(float_array<4>({2, 1, 1, 4}, 0.5f));
    for (const float v : one.layer.weights()) CHECK(v == 0);
    CHECK_THROWS_AS(one.layer.set_weights(float_array<4>({2, 1, 1, 3})), error);
  }
}
