#include <minnow/train/layers/pool.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "finite_difference.hpp"
#include "single_layer.hpp"

using namespace minnow;
using test::numbers;

namespace {

/// Returns different numbers, at least 1/64 apart. A step of 1/256 changes no maximum, so the finite difference is
/// exact.
std::vector<float> all_different(int count, std::uint64_t draws) {
  std::vector<float> x(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(static_cast<int>(i) - count / 2) / 64;
  minnow::random r(seed{draws});
  for (std::size_t i = x.size(); i > 1; --i)
    std::swap(x[i - 1], x[static_cast<std::size_t>(r.below(static_cast<int>(i)))]);
  return x;
}

template <class Layer>
void check_pool(shape in, int images) {
  CAPTURE(Layer::name().c_str());
  const geometry g = Layer::pool_over(in);
  test::single_layer<Layer> one(in, images);
  const auto x = all_different(images * in.size(), 1);
  const auto r = test::uniform(images * g.out.size(), 2);
  const auto out = one.forward(x);
  const numbers expected_out = test::pool(g, images, test::widened(x), Layer::averages);
  const double taps = g.kernel.height * g.kernel.width;
  const double largest = static_cast<double>(*std::max_element(x.begin(), x.end())) + 1;
  // An average is a sum of `taps` numbers times a rounded 1 / taps. A maximum is not rounded.
  CHECK(test::further(out, expected_out, Layer::averages ? (taps + 2) * 0x1p-24 * largest : 0) == "");
  const numbers expected = test::finite_differences(
      [&](const numbers& inputs) { return test::inner(test::pool(g, images, inputs, Layer::averages), r); },
      test::widened(x), 1.0 / 256);
  // Each of at most `taps` windows adds one gradient of less than 1, rounded once. The gradient that an average passes
  // to each input is rounded twice.
  CHECK(test::further(one.backward(r), expected, (taps + 2) * 0x1p-24 * (Layer::averages ? 1 : taps) + 1e-10) == "");
}

}  // namespace

TEST_SUITE("gradient/pool") {
  TEST_CASE("max pool") {
    check_pool<max_pool<2>>({6, 4, 3}, 2);
    check_pool<max_pool<2>>({5, 7, 17}, 1);
    check_pool<max_pool<1, kernel<1, 4>>>({1, 16, 2}, 2);
  }

  TEST_CASE("max pool with overlapping and with rectangular windows") {
    check_pool<max_pool<3, stride<2>>>({7, 9, 3}, 2);
    check_pool<max_pool<3, stride<1>>>({5, 5, 2}, 2);
    check_pool<max_pool<2, kernel<3, 2>, stride<1, 2>>>({6, 5, 4}, 2);
  }

  TEST_CASE("average pool, overlapping and rectangular too") {
    check_pool<average_pool<2>>({6, 4, 3}, 2);
    check_pool<average_pool<3, stride<2>>>({7, 9, 3}, 2);
    check_pool<average_pool<2, kernel<3, 2>, stride<1, 2>>>({6, 5, 20}, 1);
  }

  TEST_CASE("padded pools: ResNet's, rectangular ones, and windows side by side that begin in the padding") {
    check_pool<max_pool<3, stride<2>, padding<1>>>({8, 7, 17}, 2);
    check_pool<max_pool<3, stride<1>, padding<1>>>({4, 5, 3}, 2);
    check_pool<max_pool<2, kernel<5, 2>, stride<2, 1>, padding<2, 1>>>({6, 5, 4}, 2);
    check_pool<max_pool<3, padding<1>>>({3, 3, 2}, 2);
    check_pool<average_pool<3, stride<2>, padding<1>>>({8, 7, 17}, 2);
    check_pool<average_pool<2, kernel<5, 2>, stride<2, 1>, padding<2, 1>>>({6, 5, 4}, 2);
    check_pool<average_pool<3, padding<1>>>({3, 3, 2}, 2);
  }

  TEST_CASE("global average pool") {
    check_pool<global_average_pool>({5, 3, 4}, 3);
    check_pool<global_average_pool>({1, 1, 18}, 2);
  }

  TEST_CASE("of equal numbers the first of the window takes the gradient") {
    test::single_layer<max_pool<2>> one({2, 4, 1}, 1);
    CHECK(one.forward({3, 3, 1, 2,  //
                       3, 3, 2, 2}) == std::vector<float>{3, 2});
    CHECK(one.backward({5, 7}) == std::vector<float>{5, 0, 0, 7,  //
                                                     0, 0, 0, 0});
  }

  TEST_CASE("of equal numbers under overlapping windows each window takes its own first") {
    test::single_layer<max_pool<2, stride<1>>> one({2, 3, 1}, 1);
    CHECK(one.forward({1, 1, 1,  //
                       1, 1, 1}) == std::vector<float>{1, 1});
    CHECK(one.backward({5, 7}) == std::vector<float>{5, 7, 0,  //
                                                     0, 0, 0});
  }

  TEST_CASE("zeros of either sign are equal") {
    test::single_layer<max_pool<2>> one({2, 2, 1}, 1);
    one.forward({-1, -0.0f, 0.0f, -1});
    CHECK(one.backward({5}) == std::vector<float>{0, 5, 0, 0});
  }
}
