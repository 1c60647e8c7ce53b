#include <minnow/layers/window_scaled.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/layers/activation.hpp>

#include "network_gradients.hpp"

using namespace minnow;
using test::numbers;

namespace {

/// Products of floats that are scaled by their windows, so that both branches and the fork have gradients.
struct scaled_floats
    : model<image<2, 6, 5>, conv<4>, batch_norm, window_scaled<conv<5, real, kernel<3, 2>, stride<2, 1>>>, batch_norm,
            window_scaled<dense<3>>> {};

double scaled_floats_loss(const test::parameter_map& parameters, const numbers& images,
                          const std::vector<int>& labels) {
  const int n = static_cast<int>(labels.size());
  using all = layer_graph<scaled_floats>;
  const auto product = [&]<std::size_t I>(std::integral_constant<std::size_t, I>, const numbers& x) {
    return test::convolve<double>(all::layer<I>::over(all::in<I>), n, x,
                                  parameters.at(std::string(all::paths[I].view()) + " weights"));
  };
  // Multiplies the product of x by K, computed from its definition.
  const auto scaled = [&]<std::size_t I>(std::integral_constant<std::size_t, I> layer, const numbers& x) {
    const geometry g = all::layer<I>::over(all::in<I>);
    const shape in = all::in<I>;
    numbers out = product(layer, x);
    std::size_t at = 0;
    for (int image = 0; image < n; ++image)
      for (int y = 0; y < g.out.height; ++y)
        for (int column = 0; column < g.out.width; ++column) {
          double sum = 0;
          test::for_each_factor(g, image, y, column, 0,
                                [&](std::size_t input, std::size_t) { sum += std::abs(x[input]); });
          const double k = sum / (in.channels * (g.inputs() / in.channels));
          for (int f = 0; f < g.out.channels; ++f) out[at++] *= k;
        }
    return out;
  };
  numbers x = product(std::integral_constant<std::size_t, all::find("0")>{}, images);
  x = test::normalized(x, parameters.at("1 gamma"), parameters.at("1 beta"));
  x = scaled(std::integral_constant<std::size_t, all::find("2.product")>{}, x);
  x = test::normalized(x, parameters.at("3 gamma"), parameters.at("3 beta"));
  return test::cross_entropy_of(scaled(std::integral_constant<std::size_t, all::find("4.product")>{}, x), labels);
}

}  // namespace

TEST_SUITE("gradient/window_scaled") {
  TEST_CASE("the gradient passes the product and the scale of its windows, every parameter") {
    CHECK(test::check_gradients<scaled_floats>({2, 0, 1}, scaled_floats_loss) == 7);
  }
}
