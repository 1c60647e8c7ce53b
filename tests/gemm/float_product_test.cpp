#include "minnow/gemm/float_product.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "float_problem.hpp"

namespace {

namespace kernels = minnow::kernels;
namespace test = minnow::test;
using test::floats, test::problem;

template <class Arch>
floats forward(const problem& p) {
  floats out(p.grad_out.size(), NAN);
  kernels::product_forward<Arch>(p.g, p.images, p.in.data(), p.weights.data(), out.data());
  return out;
}

template <class Arch>
floats backward(const problem& p) {
  floats grad_in(p.in.size(), NAN);
  kernels::product_backward_inputs<Arch>(p.g, p.images, p.grad_out.data(), p.weights.data(), grad_in.data());
  return grad_in;
}

template <class Arch>
void check_product(const minnow::geometry& g, int images, minnow::random random) {
  for (const bool whole : {false, true}) {
    const problem p{g, images, whole, random};
    INFO(p.name());
    minnow::set_threads(1);
    const floats ahead = forward<Arch>(p), back = backward<Arch>(p);
    CHECK(test::misses(test::exact_outputs(g, images, p.in, p.weights), ahead, whole ? 0 : g.inputs()) == 0);
    CHECK(test::misses(test::exact_input_gradient(g, images, p.grad_out, p.weights), back,
                       whole ? 0 : g.kernel.height * g.kernel.width * g.out.channels) == 0);
    if (whole) continue;
    for (const int team : {2, 3}) {
      minnow::set_threads(team);
      CHECK(forward<Arch>(p) == ahead);
      CHECK(backward<Arch>(p) == back);
    }
    minnow::set_threads(0);
  }
}

template <class Arch>
void check_random_products(int count) {
  test::for_random_shapes(count, minnow::random{minnow::seed{11}}, check_product<Arch>);
}

}  // namespace

TEST_SUITE("gemm/float_product") {
  TEST_CASE("both products equal double precision, whole numbers exactly, with any number of threads") {
    check_random_products<kernels::best>(80);
  }

  TEST_CASE("so they do where xsimd has no vectors") { check_random_products<kernels::portable>(20); }

  TEST_CASE("every pair of channel counts") {
    for (const int channels : {1, 3, 10, 16, 31, 33, 64}) {
      for (const int filters : {1, 3, 10, 16, 31, 33, 64}) {
        check_product<kernels::best>(minnow::window_over({4, 3, channels}, filters, {3, 3}, {1, 1}, {1, 1}), 2,
                                     minnow::random{});
      }
    }
  }

  TEST_CASE("a dense layer is a window of one tap") {
    for (const int inputs : {1, 7, 784, 1000}) {
      for (const int units : {1, 10, 100}) {
        check_product<kernels::best>(minnow::dense_over({1, 1, inputs}, units), 13, minnow::random{});
      }
    }
  }

  TEST_CASE("panels in several groups, inputs in several passes") {
    check_product<kernels::best>(minnow::window_over({3, 4, 400}, 40, {3, 3}, {1, 1}, {1, 1}), 2, minnow::random{});
    check_product<kernels::best>(minnow::window_over({2, 3, 1700}, 33, {1, 2}, {1, 1}, {0, 0}), 2, minnow::random{});
    check_product<kernels::best>(minnow::dense_over({1, 1, 5000}, 200), 3, minnow::random{});
    check_product<kernels::best>(minnow::dense_over({1, 1, 200}, 5000), 3, minnow::random{});
  }

  TEST_CASE("pixels that no window covers have no gradient") {
    const minnow::geometry g = minnow::window_over({6, 6, 4}, 5, {2, 2}, {3, 3}, {0, 0});
    const problem p{g, 2, false, minnow::random{}};
    const floats grad_in = backward<kernels::best>(p);
    for (int i = 0; i < 2 * g.in.pixels(); ++i) {
      const bool covered = i / 6 % 6 % 3 < 2 && i % 6 % 3 < 2;
      for (int c = 0; c < 4; ++c) CHECK((grad_in[static_cast<std::size_t>(i * 4 + c)] != 0) == covered);
    }
  }

  TEST_CASE("no images, no reads and no writes") {
    const minnow::geometry g = minnow::window_over({6, 6, 4}, 5, {3, 3}, {1, 1}, {1, 1});
    kernels::product_forward(g, 0, nullptr, nullptr, nullptr);
    kernels::product_backward_inputs(g, 0, nullptr, nullptr, nullptr);
  }
}
