#include <minnow/train/layers/reparameterized_product.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/train/layers/product.hpp>

#include "finite_difference.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using test::numbers;

/// Mean and variance of each output in double precision, as functions of the inputs and the logits.
struct output_moments {
  numbers mean;
  numbers variance;

  /// logits  one array for binary weights; for ternary weights the logits of 0, then the logits of the sign
  output_moments(const geometry& g, int images, const numbers& x, const std::vector<numbers>& logits) {
    const auto sigmoid = [](double t) { return 1 / (1 + std::exp(-t)); };
    numbers means, variances, squares;
    for (std::size_t k = 0; k < logits[0].size(); ++k) {
      const double zero = logits.size() == 2 ? sigmoid(logits[0][k]) : 0, p = sigmoid(logits.back()[k]);
      means.push_back((1 - zero) * (2 * p - 1));
      variances.push_back(1 - zero - means.back() * means.back());
    }
    for (const double v : x) squares.push_back(v * v);
    mean = test::convolve<double>(g, images, x, means);
    variance = test::convolve<double>(g, images, squares, variances);
    for (double& v : variance) v += 1e-3;
  }
};

/// Compares the gradients of sum(r · out) with finite differences at fixed noise z, where r are random numbers and out =
/// mean + sqrt(variance) · z. The test computes z from the layer's outputs.
template <class Layer>
void check_reparameterized(shape in, int images, const std::vector<std::string>& names) {
  CAPTURE(Layer::name().c_str());
  const geometry g = Layer::over(in);
  test::single_layer<Layer, local_reparameterization<>> one(in, images);
  const auto x = test::uniform(images * in.size(), 1);
  const auto r = test::uniform(images * g.out.size(), 3);
  std::vector<numbers> logits;
  for (const std::string& name : names) {
    const auto values = test::uniform(g.weights(), 4 + logits.size(), -2.0f, 2.0f);
    one.set(name, values);
    logits.push_back(test::widened(values));
  }
  const pass p{.mode = mode::train, .noise = minnow::random(seed{11})};
  const auto out = one.forward(x, p);
  const output_moments at(g, images, test::widened(x), logits);
  numbers z;
  for (std::size_t i = 0; i < out.size(); ++i)
    z.push_back((static_cast<double>(out[i]) - at.mean[i]) / std::sqrt(at.variance[i]));
  const auto loss = [&](const numbers& inputs, const std::vector<numbers>& all) {
    const output_moments m(g, images, inputs, all);
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i)
      sum += static_cast<double>(r[i]) * (m.mean[i] + std::sqrt(m.variance[i]) * z[i]);
    return sum;
  };
  const auto compare = [](const std::vector<float>& found, const numbers& expected) {
    double difference = 0, whole = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      difference += std::pow(static_cast<double>(found[i]) - expected[i], 2);
      whole += expected[i] * expected[i];
    }
    CHECK(found.size() == expected.size());
    CHECK(whole > 1e-4);
    CHECK(std::sqrt(difference) <= 1e-5 * std::sqrt(whole));
  };
  const auto grad_in = one.backward(r, p);
  compare(grad_in, test::finite_differences([&](const numbers& v) { return loss(v, logits); }, test::widened(x), 1e-5));
  for (std::size_t i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    auto moved = logits;
    compare(one.gradients().at(names[i]), test::finite_differences(
                                              [&](const numbers& v) {
                                                moved[i] = v;
                                                return loss(test::widened(x), moved);
                                              },
                                              logits[i], 1e-5));
  }
  // A second backward pass gives the same gradients.
  CHECK(one.backward(r, p) == grad_in);
}

}  // namespace

TEST_SUITE("gradient/reparameterized_product") {
  TEST_CASE("of binary weights: inputs and logits") {
    check_reparameterized<dense<7, sign>>({1, 1, 13}, 4, {"logits"});
    check_reparameterized<conv<5, sign>>({6, 5, 3}, 2, {"logits"});
    check_reparameterized<conv<18, sign, stride<2>>>({6, 6, 17}, 1, {"logits"});
    check_reparameterized<depthwise_conv<sign>>({6, 5, 3}, 2, {"logits"});
    check_reparameterized<conv<6, sign, groups<2>>>({5, 4, 4}, 2, {"logits"});
  }

  TEST_CASE("of ternary weights: inputs and both logits") {
    const std::vector<std::string> names{"zero_logits", "sign_logits"};
    check_reparameterized<dense<7, ternary<>>>({1, 1, 13}, 4, names);
    check_reparameterized<conv<5, ternary<>, kernel<2, 3>, stride<2, 1>>>({6, 5, 3}, 2, names);
    check_reparameterized<conv<16, ternary<threshold<1, 3>>>>({8, 8, 16}, 2, names);
    check_reparameterized<depthwise_conv<ternary<>, kernel<3, 2>>>({6, 5, 3}, 2, names);
  }

  TEST_CASE("after a pass without noise, gradients pass the most probable weights") {
    test::single_layer<dense<4, ternary<>>, local_reparameterization<>> one({1, 1, 6}, 1);
    one.set("zero_logits", test::uniform(24, 1, -2.0f, 1.0f));
    one.set("sign_logits", test::uniform(24, 2, -2.0f, 2.0f));
    const pass p{.mode = mode::evaluate};
    one.forward(test::uniform(6, 3), p);
    const auto r = test::uniform(4, 4);
    const auto grad_in = one.backward(r, p);
    const auto codes = one.layer.quantize("0").codes;
    for (std::size_t k = 0; k < 6; ++k) {
      double expected = 0;
      for (std::size_t f = 0; f < 4; ++f) expected += static_cast<double>(r[f]) * static_cast<double>(codes[f * 6 + k]);
      CHECK(static_cast<double>(grad_in[k]) == doctest::Approx(expected).epsilon(1e-5));
    }
  }
}
