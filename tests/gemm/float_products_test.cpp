#include <minnow/gemm/float_products.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/gemm/winograd.hpp>

#include "gemm/float_problem.hpp"

using namespace minnow;

namespace {

/// Checks the products of a layer, and checks whether Winograd's minimal filtering supports the layer.
void check(const geometry& g, bool filters_minimally) {
  const test::problem p{g, 3, false, minnow::random{}};
  INFO(p.name());
  CHECK(kernels::winograd_serves<>(g) == filters_minimally);
  const test::exact_products exact(p);
  test::floats out(p.grad_out.size(), NAN), again(out), grad_in(p.in.size(), NAN), gradient(p.weights.size(), NAN);
  detail::float_products products(g);
  products.forward(p.images, p.in.data(), p.weights.data(), out.data(), true);
  CHECK(test::misses(exact.out, out, g.inputs()) == 0);
  products.backward_inputs(p.images, p.grad_out.data(), p.weights.data(), grad_in.data());
  products.backward_weights(p.images, p.in.data(), p.grad_out.data(), gradient.data());
  products.forward(p.images, p.in.data(), p.weights.data(), again.data(), false);
  const auto near = [](const test::floats& found, const test::exact_sums& sums) {
    double worst = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
      worst = std::max(worst, std::abs(static_cast<double>(found[i]) - sums.exact[i]));
    return worst < 1e-4;
  };
  CHECK(near(again, exact.out));
  CHECK(near(grad_in, exact.grad_in));
  CHECK(near(gradient, exact.grad_weights));
  CHECK((again == out) == !filters_minimally);
}

}  // namespace

TEST_SUITE("gemm/float_products") {
  TEST_CASE("windows of 3x3 over many channels are filtered minimally where no order is asked for, others never") {
    constexpr bool vectors = !std::is_same_v<kernels::float_vector<kernels::best>, kernels::plain_floats>;
    check(window_over({9, 8, 64}, 32, {3, 3}, {1, 1}, {1, 1}), vectors);
    check(window_over({9, 8, 3}, 32, {3, 3}, {1, 1}, {1, 1}), false);
    check(window_over({9, 8, 64}, 32, {3, 3}, {2, 2}, {1, 1}), false);
    check(dense_over({1, 1, 100}, 10), false);
  }
}
