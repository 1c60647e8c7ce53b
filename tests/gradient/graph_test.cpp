#include <minnow/layers/residual.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/activation.hpp>

#include "network_gradients.hpp"

using namespace minnow;
using test::numbers;

namespace {

/// An unquantized network in which several layers read the same result, in every possible way: a body and the addition
/// after it, both branches of a block, the layers of a dense block, and two additions.
struct small_graph
    : model<image<2, 6, 6>, conv<4>, residual<chain<conv<4>, batch_norm, relu>>,
            residual<conv<6, real, stride<2>>, chain<conv<6, real, kernel<1>, padding<0>, stride<2>>, bias>>,
            dense_block<2, chain<relu, conv<3>>>, residual<residual<bias>>, dense<3>> {};

double small_graph_loss(const test::parameter_map& parameters, const numbers& images, const std::vector<int>& labels) {
  const int n = static_cast<int>(labels.size());
  using all = layer_graph<small_graph>;
  const auto product = [&]<std::size_t I>(std::integral_constant<std::size_t, I>, const numbers& x) {
    return test::convolve<double>(all::layer<I>::over(all::in<I>), n, x,
                                  parameters.at(std::string(all::paths[I].view()) + " weights"));
  };
  const auto plus = [](numbers x, const numbers& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i % y.size()];
    return x;
  };
  const auto relu_of = [](numbers x) {
    for (double& v : x) v = std::fmax(0, v);
    return x;
  };
  const auto joined = [](const numbers& x, int width, const numbers& y, int more) {
    numbers out;
    for (std::size_t row = 0; row < x.size() / static_cast<std::size_t>(width); ++row) {
      out.insert(out.end(), x.begin() + static_cast<std::ptrdiff_t>(row) * width,
                 x.begin() + static_cast<std::ptrdiff_t>(row + 1) * width);
      out.insert(out.end(), y.begin() + static_cast<std::ptrdiff_t>(row) * more,
                 y.begin() + static_cast<std::ptrdiff_t>(row + 1) * more);
    }
    return out;
  };
  numbers x = product(std::integral_constant<std::size_t, all::find("0")>{}, images);
  const numbers body = product(std::integral_constant<std::size_t, all::find("1.body.0")>{}, x);
  x = plus(x, relu_of(test::normalized(body, parameters.at("1.body.1 gamma"), parameters.at("1.body.1 beta"))));
  const numbers shortcut = plus(product(std::integral_constant<std::size_t, all::find("2.shortcut.0")>{}, x),
                                parameters.at("2.shortcut.1 bias"));
  x = plus(product(std::integral_constant<std::size_t, all::find("2.body")>{}, x), shortcut);
  x = joined(x, 6, product(std::integral_constant<std::size_t, all::find("3.0.body.1")>{}, relu_of(x)), 3);
  x = joined(x, 9, product(std::integral_constant<std::size_t, all::find("3.1.body.1")>{}, relu_of(x)), 3);
  x = plus(plus(plus(x, parameters.at("4.body.body bias")), x), x);
  return test::cross_entropy_of(product(std::integral_constant<std::size_t, all::find("5")>{}, x), labels);
}

}  // namespace

TEST_SUITE("gradient/graph") {
  TEST_CASE("forks add up the gradients of all that read them, every parameter") {
    CHECK(test::check_gradients<small_graph>({2, 0, 1}, small_graph_loss) == 11);
  }
}
