#include <minnow/train/layers/product.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>

#include "finite_difference.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using test::float_rounding, test::numbers;

/// Compares the gradients of sum(r * out), where r are random numbers, with finite differences in double precision. The
/// sum is linear in inputs and in weights, so a finite difference is exact except for the rounding of doubles. The
/// error of a float sum of n terms is at most n + 1 roundings of the sum of the terms' magnitudes. The latter sum is
/// the same finite difference with the magnitudes of inputs, weights and r.
template <class Layer>
void check_product(shape in, int images) {
  CAPTURE(Layer::name().c_str());
  const geometry g = Layer::over(in);
  test::single_layer<Layer> one(in, images);
  const auto x = test::uniform(images * in.size(), 1);
  const auto w = test::uniform(g.weights(), 2);
  const auto r = test::uniform(images * g.out.size(), 3);
  one.set("weights", w);
  one.forward(x);
  const auto grad_in = one.backward(r);
  const auto grad_weights = one.gradients().at("weights");

  const auto of_inputs = [&](const numbers& weights, const numbers& grad, const numbers& at) {
    return test::finite_differences(
        [&](const numbers& inputs) {
          const numbers out = test::convolve<double>(g, images, inputs, weights);
          double sum = 0;
          for (std::size_t i = 0; i < out.size(); ++i) sum += out[i] * grad[i];
          return sum;
        },
        at, 0.5);
  };
  const auto of_weights = [&](const numbers& inputs, const numbers& grad, const numbers& at) {
    return test::finite_differences(
        [&](const numbers& weights) {
          const numbers out = test::convolve<double>(g, images, inputs, weights);
          double sum = 0;
          for (std::size_t i = 0; i < out.size(); ++i) sum += out[i] * grad[i];
          return sum;
        },
        at, 0.5);
  };
  const auto bound = [](numbers magnitude, int terms) {
    for (double& m : magnitude) m = (terms + 1) * float_rounding * m + 1e-12;
    return magnitude;
  };
  const int taps = g.kernel.height * g.kernel.width;
  CHECK(test::further(grad_in, of_inputs(test::widened(w), test::widened(r), test::widened(x)),
                      bound(of_inputs(test::magnitudes(w), test::magnitudes(r), test::magnitudes(x)),
                            taps * g.out.channels)) == "");
  CHECK(test::further(grad_weights, of_weights(test::widened(x), test::widened(r), test::widened(w)),
                      bound(of_weights(test::magnitudes(x), test::magnitudes(r), test::magnitudes(w)),
                            images * g.out.pixels())) == "");
}

}  // namespace

TEST_SUITE("gradient/product") {
  TEST_CASE("convolutions: square and rectangular kernels, strides, paddings") {
    check_product<conv<5>>({6, 5, 3}, 2);
    check_product<conv<4, real, kernel<1>>>({3, 4, 5}, 2);
    check_product<conv<3, real, kernel<2, 4>, padding<0>>>({5, 6, 2}, 2);
    check_product<conv<3, real, kernel<5, 3>, stride<2, 1>>>({7, 5, 2}, 2);
    check_product<conv<2, real, kernel<3, 2>, stride<1, 3>, padding<2, 1>>>({4, 7, 9}, 2);
    check_product<conv<18, real, stride<2>>>({6, 6, 17}, 1);
    check_product<conv<4, real, kernel<1, 5>>>({1, 12, 3}, 3);
  }

  TEST_CASE("convolutions of groups, depthwise ones among them") {
    check_product<depthwise_conv<>>({6, 5, 3}, 2);
    check_product<depthwise_conv<real, kernel<3, 2>, stride<2, 1>>>({7, 6, 35}, 2);
    check_product<depthwise_conv<real, kernel<5>, stride<2>, padding<2>>>({8, 9, 4}, 2);
    check_product<conv<6, real, groups<2>>>({5, 4, 4}, 2);
    check_product<conv<10, real, groups<5>, kernel<2, 3>, stride<2, 1>>>({5, 6, 5}, 2);
    check_product<conv<20, real, groups<2>>>({4, 4, 20}, 1);
  }

  TEST_CASE("a stride that leaves the image's last rows and columns out gives them no gradient") {
    using layer = conv<3, real, kernel<2>, stride<3>, padding<0>>;
    const shape in{6, 6, 2};
    check_product<layer>(in, 2);
    test::single_layer<layer> one(in, 1);
    one.set("weights", test::uniform(24, 2));
    one.forward(test::uniform(in.size(), 1));
    const auto grad_in = one.backward(test::uniform(12, 3, 1, 2));
    for (int y = 0; y < 6; ++y)
      for (int x = 0; x < 6; ++x)
        for (int c = 0; c < 2; ++c)
          CHECK((grad_in[static_cast<std::size_t>((y * 6 + x) * 2 + c)] == 0) == (y % 3 == 2 || x % 3 == 2));
  }

  TEST_CASE("dense layers, over flat inputs and over images") {
    check_product<dense<7>>({1, 1, 13}, 4);
    check_product<dense<1>>({1, 1, 1}, 1);
    check_product<dense<33>>({3, 2, 5}, 5);
  }

  TEST_CASE("inputs that are codes count with their scale") {
    const shape in{4, 4, 3};
    const auto w = test::uniform(4 * 27, 2);
    const auto r = test::uniform(2 * 4 * 4 * 4, 3);
    const auto codes = [&] {
      std::vector<float> c(2 * 48);
      for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<float>(static_cast<int>(i * 7 % 15) - 7);
      return c;
    }();
    std::vector<float> values(codes);
    for (float& v : values) v *= 0.25f;

    test::single_layer<conv<4>> of_codes(in, 2);
    test::single_layer<conv<4>> of_values(in, 2);
    of_codes.in().scale = 0.25f;  // a power of two, so scaling is exact
    of_codes.in().max_code = 7;
    for (auto* one : {&of_codes, &of_values}) one->set("weights", w);
    CHECK(of_codes.forward(codes) == of_values.forward(values));
    CHECK(of_codes.backward(r) == of_values.backward(r));
    CHECK(of_codes.gradients() == of_values.gradients());
  }

  TEST_CASE("the inputs' gradient passes the weights that the forward pass multiplied with") {
    // At alpha < 1 the layer multiplies by blends of quantized and unquantized weights, and at alpha 1 by quantized
    // weights. The expected gradient is the derivative of the product with these weights.
    const auto check = []<class Q>(Q, float alpha) {
      CAPTURE(Q::name().c_str());
      CAPTURE(alpha);
      const shape in{1, 1, 9};
      test::single_layer<dense<6, Q>, aqe> one(in, 1);
      const auto w = test::uniform(54, 5);
      one.set("weights", w);
      const pass p{.mode = mode::train, .alpha = alpha};
      one.forward(test::uniform(9, 6), p);
      const auto r = test::uniform(6, 7);
      const auto grad_in = one.backward(r, p);
      const auto q = one.layer.quantize("0");
      for (std::size_t k = 0; k < 9; ++k) {
        double expected = 0;
        double magnitude = 0;
        for (std::size_t f = 0; f < 6; ++f) {
          const double h = static_cast<double>(q.codes[f * 9 + k]) * static_cast<double>(q.scale(static_cast<int>(f)));
          const auto a = static_cast<double>(alpha);
          const double term = static_cast<double>(r[f]) * (a * h + (1 - a) * static_cast<double>(w[f * 9 + k]));
          expected += term;
          magnitude += std::abs(static_cast<double>(r[f])) *
                       (std::abs(a * h) + std::abs((1 - a) * static_cast<double>(w[f * 9 + k])));
        }
        CHECK(std::abs(static_cast<double>(grad_in[k]) - expected) <= (6 + 4) * float_rounding * magnitude);
      }
    };
    for (const float alpha : {0.0f, 0.3f, 0.5f, 1.0f}) {
      check(sign{}, alpha);
      check(ternary<>{}, alpha);
      check(power_of_two<3>{}, alpha);
      check(integer<4>{}, alpha);
      check(integer<8, per_channel>{}, alpha);
    }
  }
}
