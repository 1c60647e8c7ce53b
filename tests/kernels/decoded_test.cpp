#include <minnow/kernels/decoded.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include <minnow/kernels/product.hpp>

#include "codes.hpp"

using namespace minnow;

namespace {

/// Sums of codes by `Product`, all rows at once.
template <class Product>
std::vector<std::int32_t> sums_of(const geometry& g, const test::packed_bytes& inputs, const test::packed_bytes& weights) {
  test::packed_bytes prepared(Product::prepared_bytes(g));
  test::packed_bytes scratch(Product::scratch_bytes(g));
  Product::prepare(g, weights.data(), prepared.data());
  std::vector<std::int32_t> sums(static_cast<std::size_t>(g.out.pixels() * kernels::sum_stride(g.out.channels)), -7);
  Product::rows(g, inputs.data(), weights.data(), prepared.data(), sums.data(), scratch.data(), 0, g.out.height);
  CHECK(scratch.untouched_behind());
  CHECK(prepared.untouched_behind());
  return sums;
}

template <encoding In, encoding Weights>
void equals_reference(const geometry& g, std::mt19937& random) {
  const auto inputs = test::packed_inputs<In>(g.in, test::random_codes<In>(static_cast<std::size_t>(g.in.size()), random));
  const auto weights = test::packed_weights<In, Weights>(g, test::random_codes<Weights>(static_cast<std::size_t>(g.weights()), random));
  using a = kernels::operand<In>;
  using b = kernels::operand<Weights>;
  const auto expected = sums_of<kernels::product<a, b, kernels::scalar>>(g, inputs, weights);
  kernels::available_rungs::for_each([&](auto arch) {
    CAPTURE(kernels::arch_name<decltype(arch)>());
    CAPTURE(g.in.width);
    CAPTURE(g.out.channels);
    CHECK(sums_of<kernels::product<a, b, decltype(arch)>>(g, inputs, weights) == expected);
  });
}

}  // namespace

TEST_SUITE("kernels/decoded") {
  TEST_CASE("equals the reference on maps wider than a tile, for random windows, strides and paddings") {
    std::mt19937 random(11);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    for (int i = 0; i < 40; ++i) {
      const shape in{1 + below(12), 1 + below(40), 1 + below(20)};
      const extent kernel{1 + below(5), 1 + below(5)};
      const extent padding{below(3), below(3)};
      if (in.height + 2 * padding.height < kernel.height || in.width + 2 * padding.width < kernel.width) continue;
      const geometry g = window_over(in, 1 + below(40), kernel, {1 + below(2), 1 + below(3)}, padding);
      equals_reference<encoding::pixel, encoding::bit>(g, random);
      equals_reference<encoding::power_of_two, encoding::power_of_two>(g, random);
      equals_reference<encoding::nibble, encoding::byte>(g, random);
    }
  }

  TEST_CASE("takes a pair up to the last K whose sums are exact in floats, and leaves longer ones") {
    constexpr auto exact = [](int inputs) {
      return kernels::decoded::is_exact<encoding::byte, 3, encoding::byte, 3>(dense_over({1, 1, inputs}, 1));
    };
    static_assert(exact(1040) && !exact(1041));
    using both = kernels::product<kernels::operand<encoding::byte>, kernels::operand<encoding::byte>, kernels::best>;
    for (const int inputs : {1039, 1040, 1041, 3000}) {
      const geometry g = dense_over({1, 1, inputs}, 3);
      const std::vector<std::int16_t> largest(static_cast<std::size_t>(inputs), 127);
      std::vector<std::int16_t> weights(static_cast<std::size_t>(g.weights()), 127);
      weights[0] = 126;  // one odd unit that a rounded sum would lose
      const auto sums = sums_of<both>(g, test::packed_inputs<encoding::byte>(g.in, largest),
                                      test::packed_weights<encoding::byte, encoding::byte>(g, weights));
      CHECK(sums[0] == inputs * 127 * 127 - 127);
      CHECK(sums[1] == inputs * 127 * 127);
    }
  }
}
