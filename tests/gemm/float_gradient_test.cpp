#include "minnow/gemm/float_gradient.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "float_problem.hpp"

namespace {

namespace kernels = minnow::kernels;
namespace test = minnow::test;
using test::floats, test::problem;

template <class Arch>
void check_gradient(const minnow::geometry& g, int images, minnow::random random) {
  for (const bool whole : {false, true}) {
    const problem p{g, images, whole, random};
    INFO(p.name());
    const auto run = [&](int team) {
      floats grad_weights(p.weights.size(), NAN);
      minnow::set_threads(team);
      kernels::product_backward_weights<Arch>(g, images, p.in.data(), p.grad_out.data(), grad_weights.data());
      minnow::set_threads(0);
      return grad_weights;
    };
    const floats serial = run(1);
    const auto exact = test::exact_weight_gradient(g, images, p.grad_out, p.in);
    CHECK(test::misses(exact, serial, whole ? 0 : images * g.out.pixels()) == 0);
    if (whole) continue;
    CHECK(run(2) == serial);
    CHECK(run(3) == serial);
  }
}

template <class Arch>
void check_random_gradients(int count) {
  test::for_random_shapes(count, minnow::random{minnow::seed{12}}, check_gradient<Arch>);
}

}  // namespace

TEST_SUITE("gemm/float_gradient") {
  TEST_CASE("gradients equal double precision, whole numbers exactly, with any number of threads") {
    check_random_gradients<kernels::best>(80);
  }

  TEST_CASE("so they do where xsimd has no vectors") { check_random_gradients<kernels::portable>(20); }

  TEST_CASE("every pair of channel counts") {
    for (const int channels : {1, 3, 10, 16, 31, 33, 64}) {
      for (const int filters : {1, 3, 10, 16, 31, 33, 64}) {
        check_gradient<kernels::best>(minnow::window_over({4, 3, channels}, filters, {3, 3}, {1, 1}, {1, 1}), 2,
                                      minnow::random{});
      }
    }
  }

  TEST_CASE("numbers of pixels around a block and a pass") {
    for (const int rows : {255, 256, 257, 1023, 1024, 1025, 2500}) {
      for (const int inputs : {2, 19, 150})
        check_gradient<kernels::best>(minnow::dense_over({1, 1, inputs}, 35), rows, minnow::random{});
    }
    check_gradient<kernels::best>(minnow::window_over({20, 21, 3}, 10, {3, 3}, {1, 1}, {1, 1}), 5, minnow::random{});
    check_gradient<kernels::best>(minnow::window_over({20, 21, 12}, 10, {3, 3}, {1, 1}, {1, 1}), 5, minnow::random{});
  }

  TEST_CASE("no images give zeros") {
    const minnow::geometry g = minnow::window_over({6, 6, 20}, 5, {3, 3}, {1, 1}, {1, 1});
    floats grad_weights(static_cast<std::size_t>(g.weights()), NAN);
    kernels::product_backward_weights(g, 0, nullptr, nullptr, grad_weights.data());
    CHECK(grad_weights == floats(grad_weights.size(), 0.f));
  }
}
