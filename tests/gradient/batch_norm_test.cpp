#include <minnow/train/layers/batch_norm.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "finite_difference.hpp"
#include "single_layer.hpp"

using namespace minnow;
using test::numbers;

namespace {

void check_batch_norm(shape in, int images, float offset) {
  CAPTURE(in.channels);
  CAPTURE(images);
  const auto channels = static_cast<std::size_t>(in.channels);
  test::single_layer<batch_norm> one(in, images);
  auto x = test::uniform(images * in.size(), 1, -2, 2);
  for (float& v : x) v += offset;
  const auto gamma = test::uniform(channels, 2, -1.5f, 1.5f);
  const auto beta = test::uniform(channels, 3);
  const auto r = test::uniform(images * in.size(), 4);
  one.set("gamma", gamma);
  one.set("beta", beta);
  one.forward(x);
  const auto grad_in = one.backward(r);
  const auto gradients = one.gradients();

  const auto loss = [&](const numbers& inputs, const numbers& g, const numbers& b) {
    return test::inner(test::normalized(inputs, g, b), r);
  };
  const numbers wide_x = test::widened(x);
  const numbers wide_gamma = test::widened(gamma);
  const numbers wide_beta = test::widened(beta);
  const double rows = static_cast<double>(images * in.pixels());

  // The bounds cover the rounding errors of the library's floats. The library rounds the mean to a float, which shifts
  // every centered number by up to one rounding of the offset. The other errors are a few roundings of normalized
  // numbers. These are below 3, because uniform inputs stay within sqrt(3) standard deviations and small batches exceed
  // that only slightly. The library adds rows in floats, in blocks of 128 rows.
  const double one_rounding = 0x1p-24 * (1 + std::abs(static_cast<double>(offset)));
  const double blocks = std::fmin(rows, 128) + 8;
  // The loss is linear in gamma and beta, so a step of .5 is exact.
  CHECK(test::further(
            gradients.at("beta"),
            test::finite_differences([&](const numbers& v) { return loss(wide_x, wide_gamma, v); }, wide_beta, .5),
            0x1p-24 * blocks * rows / 2) == "");
  CHECK(test::further(
            gradients.at("gamma"),
            test::finite_differences([&](const numbers& v) { return loss(wide_x, v, wide_beta); }, wide_gamma, .5),
            one_rounding * blocks * rows) == "");
  // The third-order term of the finite difference is below 10 * step^2, and its rounding of doubles is below 1e-15 *
  // rows / step.
  const double step = 1e-4;
  CHECK(test::further(
            grad_in,
            test::finite_differences([&](const numbers& v) { return loss(v, wide_gamma, wide_beta); }, wide_x, step),
            one_rounding * blocks * 3 + 10 * step * step + 1e-15 * rows / step) == "");
}

}  // namespace

TEST_SUITE("gradient/batch_norm") {
  TEST_CASE("inputs, gamma and beta") {
    check_batch_norm({1, 1, 5}, 6, 0);
    check_batch_norm({4, 3, 3}, 4, 0);
    check_batch_norm({5, 6, 1}, 11, 0);
    check_batch_norm({2, 1, 33}, 5, 0);
  }

  TEST_CASE("inputs far from zero: the variance is taken around the mean") { check_batch_norm({4, 3, 3}, 4, 100); }

  TEST_CASE("a channel without variance divides by the square root of eps") {
    test::single_layer<batch_norm> one({1, 1, 1}, 4);
    CHECK(one.forward({3, 3, 3, 3}) == std::vector<float>{0, 0, 0, 0});
    const auto grad_in = one.backward({1, 0, 0, 0});
    const double expected = 1 / std::sqrt(1e-5);
    CHECK(std::abs(static_cast<double>(grad_in[0]) - 0.75 * expected) <= 4 * 0x1p-24 * expected);
    for (std::size_t i = 1; i < 4; ++i)
      CHECK(std::abs(static_cast<double>(grad_in[i]) + 0.25 * expected) <= 4 * 0x1p-24 * expected);
  }

  TEST_CASE("inputs' gradients of a channel sum to zero, whatever arrives") {
    test::single_layer<batch_norm> one({3, 3, 4}, 5);
    one.set("gamma", {1.5f, -0.25f, 0, 1});
    one.forward(test::uniform(180, 1));
    const auto grad_in = one.backward(test::uniform(180, 2, 0, 2));
    for (std::size_t c = 0; c < 4; ++c) {
      double sum = 0;
      double magnitude = 0;
      for (std::size_t i = c; i < 180; i += 4) {
        sum += static_cast<double>(grad_in[i]);
        magnitude += std::abs(static_cast<double>(grad_in[i]));
      }
      // The sum has 45 gradients of three rounded terms each, and the sum of their magnitudes is below 6.
      CHECK(std::abs(sum) <= 45 * 3 * 0x1p-24 * 6);
      CHECK((magnitude > 0) == (c != 2));
    }
  }
}
