#include <minnow/train/layers/elementwise.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/layers/activation.hpp>

#include "finite_difference.hpp"
#include "single_layer.hpp"

using namespace minnow;
using test::numbers;

namespace {

/// Checks a piecewise linear layer. Inputs stay away from its corners, so the finite differences are exact.
template <class Layer, class Rule>
void check_elementwise(Rule&& rule) {
  const shape in{5, 7, 3};
  constexpr int images = 2;
  constexpr double step = 0x1p-10;
  test::single_layer<Layer> one(in, images);
  auto x = test::uniform(images * in.size(), 1, -2, 8);
  for (float& v : x)
    for (const float corner : {-1.0f, 0.0f, 1.0f, 6.0f})
      if (std::abs(v - corner) < 0.01f) v = corner + 0.05f;
  const auto r = test::uniform(images * in.size(), 2);
  one.forward(x);
  const numbers expected = test::finite_differences(
      [&](const numbers& inputs) {
        numbers out(inputs);
        for (double& v : out) v = rule(v);
        return test::inner(out, r);
      },
      test::widened(x), step);
  CHECK(test::further(one.backward(r), expected, 1e-11) == "");
}

/// Returns grad_in for a gradient of 1.
template <class Layer>
std::vector<float> slopes(const std::vector<float>& x) {
  test::single_layer<Layer> one({1, 1, static_cast<int>(x.size())}, 1);
  one.forward(x);
  return one.backward(std::vector<float>(x.size(), 1));
}

/// A layer whose functions take single floats only.
struct squared : same_shape {
  static constexpr text name() { return "squared"; }
  static constexpr bool increasing = false;
  static float apply(float x) { return x * x; }
  static float slope(float x) { return 2 * x; }
};

}  // namespace

TEST_SUITE("gradient/elementwise") {
  TEST_CASE("relu") {
    check_elementwise<relu>([](double x) { return x > 0 ? x : 0; });
  }

  TEST_CASE("relu6") {
    check_elementwise<relu6>([](double x) { return std::fmin(std::fmax(0, x), 6); });
  }

  TEST_CASE("hard tanh") {
    check_elementwise<hard_tanh>([](double x) { return std::fmax(-1, std::fmin(1, x)); });
  }

  TEST_CASE("at the corners: relu's and relu6's slope is 0, hard tanh's 1") {
    CHECK(slopes<relu>({-0x1p-149f, -0.0f, 0, 0x1p-149f}) == std::vector<float>{0, 0, 0, 1});
    CHECK(slopes<relu6>({-1, -0.0f, 0, 0x1p-149f, std::nextafter(6.0f, 0.0f), 6, 7}) ==
          std::vector<float>{0, 0, 0, 1, 1, 0, 0});
    CHECK(slopes<hard_tanh>({std::nextafter(-1.0f, -2.0f), -1, 0, 1, std::nextafter(1.0f, 2.0f)}) ==
          std::vector<float>{0, 1, 1, 1, 0});
  }

  TEST_CASE("a layer written for one number is lifted, forward and backward") {
    const auto x = test::uniform(37, 1, -2, 2);
    const auto r = test::uniform(37, 2);
    test::single_layer<squared> one({1, 37, 1}, 1);
    const auto out = one.forward(x);
    const auto grad_in = one.backward(r);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(out[i] == x[i] * x[i]);
      CHECK(grad_in[i] == 2 * x[i] * r[i]);
    }
  }
}
