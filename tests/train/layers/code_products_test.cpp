// Compares the products of codes in training with sums in double precision. These products use the kernels of packed
// networks, forward and backward.

#include <minnow/train/layers/code_product.hpp>
#include <minnow/train/layers/table_input_gradient.hpp>
#include <minnow/train/layers/table_weight_gradient.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/quantize/integer.hpp>
#include <minnow/quantize/methods/affine.hpp>
#include <minnow/quantize/pixels.hpp>
#include <minnow/quantize/power_of_two.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/ternary.hpp>

#include "random_numbers.hpp"
#include "reference_convolution.hpp"

using namespace minnow;

namespace {

constexpr int image_count = 5;

/// Random codes of one layer, and random gradients of its sums.
struct code_problem {
  geometry g;
  std::vector<float> in;
  std::vector<float> weights;
  std::vector<float> grad_out;

  template <class Inputs, class Weights>
  static code_problem of(const geometry& g) {
    minnow::random random(seed{7});
    const auto codes = [&]<class Q>(Q, int count) {
      using operand = detail::operand_of<Q>;
      const auto drawn = test::random_codes<operand::storage, operand::bits>(count, random);
      return std::vector<float>(drawn.begin(), drawn.end());
    };
    auto in = codes(Inputs{}, image_count * g.in.size());
    auto weights = codes(Weights{}, g.weights());
    return {g, std::move(in), std::move(weights), test::uniform(image_count * g.out.size(), 8)};
  }
};

/// Checks that the error of each number is at most a few roundings of the sum of its terms' magnitudes.
void check_near(const std::vector<float>& found, const test::exact_sums& expected) {
  REQUIRE(found.size() == expected.exact.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst =
        std::max(worst, std::abs(static_cast<double>(found[i]) - expected.exact[i]) / (expected.magnitude[i] + 1e-30));
  CHECK(worst < 2e-6);
}

std::vector<geometry> shapes() {
  return {window_over({6, 7, 16}, 16, {3, 3}, {1, 1}, {1, 1}), window_over({9, 5, 32}, 48, {3, 2}, {1, 1}, {1, 0}),
          window_over({16, 16, 32}, 16, {3, 3}, {1, 1}, {1, 1}), window_over({8, 8, 64}, 32, {5, 3}, {1, 1}, {0, 1}),
          window_over({4, 33, 16}, 32, {1, 1}, {1, 1}, {0, 0}), window_over({3, 40, 16}, 16, {1, 5}, {1, 1}, {0, 2}),
          window_over({5, 5, 48}, 80, {3, 3}, {1, 1}, {2, 2}), dense_over({1, 1, 160}, 48),
          window_over({4, 4, 32}, 64, {4, 4}, {1, 1}, {0, 0}), window_over({20, 21, 16}, 16, {1, 1}, {1, 1}, {0, 0}),
          // Windows as large as the image, but with padding, so that these layers are not equivalent to dense layers.
          window_over({3, 3, 32}, 64, {3, 3}, {3, 3}, {1, 1}), window_over({1, 5, 16}, 16, {1, 5}, {1, 5}, {0, 2}),
          // Padding that differs on opposite sides.
          window_over({6, 7, 16}, 16, {3, 3}, {1, 1}, {0, 2}, {1, 0}),
          window_over({4, 5, 32}, 16, {1, 1}, {1, 1}, {0, 0}, {1, 1})};
}

template <class Inputs, class Weights>
void check_forward(const geometry& g) {
  CAPTURE(Inputs::name().c_str());
  CAPTURE(Weights::name().c_str());
  CAPTURE(g.in.channels);
  CAPTURE(g.out.channels);
  const auto p = code_problem::of<Inputs, Weights>(g);
  std::vector<float> scales(static_cast<std::size_t>(g.out.channels));
  for (std::size_t f = 0; f < scales.size(); ++f) scales[f] = 0.25f + 0.125f * static_cast<float>(f % 5);
  std::vector<float> expected = test::convolve<float>(g, image_count, p.in, p.weights);  // integers, so exact
  for (std::size_t y = 0; y < expected.size(); ++y) expected[y] *= scales[y % scales.size()];

  CHECK(!detail::code_product(nullptr).serves(g));
  detail::code_product product(detail::input_kernel::of<Inputs, Weights>().kernel);
  REQUIRE(product.serves(g));
  std::vector<float> in = p.in;
  const activations batch{in.data(), image_count, g.in};
  for (const int threads : {1, 2}) {
    set_threads(threads);
    std::vector<float> found(expected.size() + 1, 77.0f);
    product.run(g, batch, p.weights, scales, found.data());
    CHECK(found.back() == 77.0f);
    found.pop_back();
    CHECK(found == expected);
  }
  set_threads(0);

  // After invalidate(), the product must use the new weights, not data prepared from the old weights.
  std::vector<float> turned = p.weights;
  for (float& w : turned) w = -w;
  product.invalidate();
  std::vector<float> found(expected.size());
  product.run(g, batch, turned, scales, found.data());
  bool opposite = true;
  for (std::size_t y = 0; y < found.size(); ++y) opposite = opposite && found[y] == -expected[y];
  CHECK(opposite);
}

template <class Weights>
void check_input_gradient(const geometry& g) {
  CAPTURE(g.in.channels);
  CAPTURE(g.kernel.height);
  const auto p = code_problem::of<sign, Weights>(g);
  const auto expected = test::exact_input_gradient(g, image_count, p.grad_out, p.weights);
  detail::table_input_gradient<detail::operand_of<Weights>> gradient(g);
  if (!gradient.usable()) return;
  std::vector<float> first;
  for (const int threads : {1, 2}) {
    set_threads(threads);
    std::vector<float> found(p.in.size(), 77.0f);
    gradient.run(image_count, p.grad_out.data(), p.weights, found.data());
    check_near(found, expected);
    if (threads == 1) first = found;
    CHECK(found == first);
  }
  set_threads(0);
}

void check_weight_gradient(const geometry& g) {
  CAPTURE(g.in.channels);
  CAPTURE(g.kernel.height);
  const auto p = code_problem::of<sign, sign>(g);
  const auto expected = test::exact_weight_gradient(g, image_count, p.grad_out, p.in);
  detail::table_weight_gradient gradient(g);
  if (!gradient.usable()) return;
  std::vector<float> first;
  for (const int threads : {1, 2}) {
    set_threads(threads);
    std::vector<float> found(p.weights.size(), 77.0f);
    gradient.run(image_count, p.in.data(), p.grad_out.data(), found.data());
    check_near(found, expected);
    if (threads == 1) first = found;
    CHECK(found == first);
  }
  set_threads(0);
}

constexpr bool has_tables = std::is_base_of_v<xsimd::avx512f, kernels::best>;

}  // namespace

TEST_SUITE("train/layers/code_products") {
  TEST_CASE("codes in floats are packed as codes are") {
    minnow::random random(seed{3});
    for (const int channels : {1, 16, 31, 32, 33, 70}) {
      const int pixels = 3;
      const auto numbers = test::random_codes<encoding::ternary>(pixels * channels, random);
      const std::vector<float> codes(numbers.begin(), numbers.end());
      const shape map{1, pixels, channels};
      std::vector<std::byte> expected(kernels::input_bytes<encoding::ternary>(map));
      std::vector<std::byte> found(expected.size());
      kernels::pack_inputs<encoding::ternary>(numbers.data(), pixels, channels, expected.data());
      detail::pack_float_codes<encoding::ternary, 3>(codes.data(), pixels, channels, found.data());
      CHECK(found == expected);
    }
  }

  TEST_CASE("forward: codes with a zero point, which may change while the weights stay the same") {
    for (const geometry& g : shapes()) {
      CAPTURE(g.in.channels);
      const auto p = code_problem::of<affine_integer<8>, integer<4>>(g);
      detail::code_product product(detail::input_kernel::of<affine_integer<8>, integer<4>>().kernel);
      const std::vector<float> ones(static_cast<std::size_t>(g.out.channels), 1.0f);
      for (const int zero : {0, 7, 255, 0}) {
        CAPTURE(zero);
        std::vector<float> in = p.in;  // bytes
        for (float& code : in) code -= static_cast<float>(zero);
        activations batch{in.data(), image_count, g.in};
        batch.zero = zero;
        const std::vector<float> expected = test::convolve<float>(g, image_count, in, p.weights);
        std::vector<float> found(expected.size());
        product.run(g, batch, p.weights, ones, found.data());
        CHECK(found == expected);
      }
    }
  }

  TEST_CASE("forward: the integer sums, scaled once") {
    auto all = shapes();
    all.push_back(window_over({7, 6, 3}, 7, {3, 2}, {2, 1}, {1, 0}));
    all.push_back(dense_over({1, 1, 70}, 10));
    for (const geometry& g : all) {
      check_forward<sign, sign>(g);
      check_forward<sign, ternary<>>(g);
      check_forward<ternary<>, sign>(g);
      check_forward<ternary<>, ternary<>>(g);
      check_forward<power_of_two<3>, power_of_two<3>>(g);
      check_forward<pixels, ternary<>>(g);
      check_forward<integer<8>, integer<4>>(g);
    }
  }

  TEST_CASE("sums beyond a float's 24 bits are exact integers, rounded once") {
    const geometry g = dense_over({1, 1, 60'001}, 2);
    std::vector<float> in(60'001, 127), weights(2 * in.size(), 127);
    std::fill(weights.begin() + 60'001, weights.end(), -127.0f);
    weights.back() = -126;
    detail::code_product product(detail::input_kernel::of<integer<8>, integer<8>>().kernel);
    REQUIRE(product.serves(g));
    CHECK(!product.serves(dense_over({1, 1, 70'000}, 2)));
    float out[2];
    product.run(g, {in.data(), 1, g.in}, weights, std::vector<float>{1, 0.5f}, out);
    CHECK(out[0] == static_cast<float>(127 * 127 * 60'001));
    CHECK(out[1] == 0.5f * static_cast<float>(-127 * 127 * 60'001 + 127));
  }

  TEST_CASE("the gradient of inputs, from weights of 1 and 2 bits") {
    for (const geometry& g : shapes()) {
      check_input_gradient<sign>(g);
      check_input_gradient<ternary<>>(g);
    }
  }

  TEST_CASE("the gradient of weights, from inputs of 1 bit") {
    for (const geometry& g : shapes()) check_weight_gradient(g);
  }

  TEST_CASE("tables are used where registers hold them, and left alone where a layer does not fit") {
    const geometry fits = window_over({8, 8, 64}, 64, {3, 3}, {1, 1}, {1, 1});
    CHECK(detail::table_input_gradient<kernels::operand<encoding::bit>>(fits).usable() == has_tables);
    CHECK(!detail::table_weight_gradient(fits).usable());
    CHECK(detail::table_weight_gradient(dense_over({1, 1, 64}, 64)).usable() == has_tables);
    CHECK(detail::table_weight_gradient(window_over({8, 8, 64}, 64, {1, 1}, {1, 1}, {0, 0})).usable() == has_tables);
    CHECK(!detail::table_weight_gradient(window_over({8, 8, 64}, 64, {1, 1}, {2, 2}, {0, 0})).usable());
    CHECK(!detail::table_weight_gradient(dense_over({1, 1, 63}, 64)).usable());
    CHECK(!detail::table_input_gradient<kernels::operand<encoding::power_of_two>>(fits).usable());
    const geometry strided = window_over({8, 8, 64}, 64, {3, 3}, {2, 2}, {1, 1});
    CHECK(!detail::table_input_gradient<kernels::operand<encoding::bit>>(strided).usable());
    const geometry few = window_over({8, 8, 3}, 10, {3, 3}, {1, 1}, {1, 1});
    CHECK(!detail::table_input_gradient<kernels::operand<encoding::bit>>(few).usable());
  }
}
