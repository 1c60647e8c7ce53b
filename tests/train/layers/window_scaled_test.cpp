#include <minnow/layers/window_scaled.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/estimate/ste.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/train/network.hpp>

#include "reference_convolution.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using binary_conv = conv<5, scheme<sign, scaled_sign<>>, kernel<3, 2>, stride<2, 1>, padding<1, 1>>;
struct one_scaled_window : model<image<9, 7, 6>, window_scaled<binary_conv>> {};

}  // namespace

TEST_SUITE("train/layers/window_scaled") {
  TEST_CASE("the block computes Eq. 11 of Rastegari et al.: sign(I) * sign(W), times alpha and K = A * k") {
    constexpr int images = 3;
    constexpr geometry g = conv<5, real, kernel<3, 2>, stride<2, 1>, padding<1, 1>>::over({7, 6, 9});
    network<one_scaled_window> net{seed{2}};
    const auto x = test::uniform(images * g.in.size(), 3, -2.0f, 2.0f);
    std::copy(x.begin(), x.end(), net.prepare(images).begin());
    const auto found = net.forward({.mode = mode::evaluate});
    const auto& w = net.layer<"0.product">().weights();

    const std::size_t inputs = static_cast<std::size_t>(g.inputs());
    std::size_t at = 0;
    for (int n = 0; n < images; ++n)
      for (int y = 0; y < g.out.height; ++y)
        for (int column = 0; column < g.out.width; ++column) {
          // K: the sum of |I| over the window's pixels inside the image, divided by the whole window's size.
          double magnitudes = 0;
          test::for_each_tap(g, y, column, [&](int row, int col, int) {
            for (int c = 0; c < 9; ++c)
              magnitudes +=
                  std::abs(static_cast<double>(x[static_cast<std::size_t>(((n * 7 + row) * 6 + col) * 9 + c)]));
          });
          const double k = magnitudes / (9 * 3 * 2);
          for (std::size_t f = 0; f < 5; ++f, ++at) {
            double sum = 0, alpha = 0;
            test::for_each_factor(g, n, y, column, static_cast<int>(f), [&](std::size_t input, std::size_t weight) {
              sum += (x[input] > 0 ? 1 : -1) * (w.data()[weight] > 0 ? 1 : -1);
            });
            for (std::size_t i = 0; i < inputs; ++i) alpha += std::abs(static_cast<double>(w.data()[f * inputs + i]));
            const double wanted = sum * alpha / static_cast<double>(inputs) * k;
            CHECK(std::abs(static_cast<double>(found[at]) - wanted) <= 1e-5 * (1 + std::abs(wanted)));
          }
        }
    CHECK(at == found.size());
  }

  TEST_CASE("codes of either input count with their scale") {
    trainable<scale_positions> layer(shape{2, 2, 3}, shape{2, 2, 1});
    std::vector<float> body(12), other{1, -2, 0, 3}, out(12), grad_body(12), grad_other(4);
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<float>(i) - 5;
    const auto grad = test::uniform(12, 4);
    activations result{out.data(), 1, {2, 2, 3}};
    layer.forward({body.data(), 1, {2, 2, 3}, 0.5f, 7}, {other.data(), 1, {2, 2, 1}, 0.25f, 3}, result, {});
    layer.backward(result, grad.data(), grad_body.data(), grad_other.data(), {});
    for (std::size_t p = 0; p < 4; ++p) {
      double sum = 0;
      for (std::size_t i = 3 * p; i < 3 * p + 3; ++i) {
        CHECK(out[i] == body[i] * 0.5f * (other[p] * 0.25f));
        CHECK(grad_body[i] == grad[i] * (other[p] * 0.25f));
        sum += static_cast<double>(grad[i]) * static_cast<double>(body[i]) * 0.5;
      }
      CHECK(static_cast<double>(grad_other[p]) == doctest::Approx(sum).epsilon(1e-5));
    }
    layer.backward(result, grad.data(), nullptr, nullptr, {});
  }

  TEST_CASE("a magnitude's slope is the sign of the number, and 0 at 0") {
    test::single_layer<channel_magnitude> one({1, 2, 4}, 1);
    CHECK(one.forward({-1, 0, 3, -4, 0, 0, 0, 0}) == std::vector<float>{2, 0});
    CHECK(one.backward({8, 2}) == std::vector<float>{-2, 0, 2, -2, 0, 0, 0, 0});
  }
}
