#include <minnow/train/exact_sums.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/conv.hpp>
#include <minnow/train/product.hpp>

#include "single_layer.hpp"

using namespace minnow;

TEST_SUITE("train/exact_sums") {
  TEST_CASE("are 32-bit integers: the largest that a composition allows, of either sign") {
    constexpr int inputs = 133144;  // 127 * 127 * 133144 is the last multiple below 2^31
    static_assert(127LL * 127 * inputs < (1LL << 31) && 127LL * 127 * (inputs + 1) >= (1LL << 31));
    std::vector<float> x(inputs, 127);
    std::vector<float> w(2 * inputs, 127);
    std::fill_n(w.begin() + inputs, inputs, -127.0f);
    float out[2];
    detail::exact_sums(dense_over({1, 1, inputs}, 2), {x.data(), 1, {1, 1, inputs}}, w, out);
    CHECK(out[0] == static_cast<float>(127 * 127 * inputs));
    CHECK(out[1] == -out[0]);
  }

  TEST_CASE("take windows as a product does: strides, padding, rectangular kernels") {
    using layer = conv<4, real, kernel<3, 2>, stride<2, 1>, padding<1, 1>>;
    const shape in{5, 4, 3};
    const geometry g = layer::over(in);
    auto x = test::uniform(2 * in.size(), 1, -100, 100);
    auto w = test::uniform(g.weights(), 2, -100, 100);
    for (auto* values : {&x, &w})
      for (float& v : *values) v = static_cast<float>(static_cast<int>(v));
    // All sums stay below 2^24, where the float product is exact too.
    test::single_layer<layer> one(in, 2);
    one.set("weights", w);
    const auto expected = one.forward(x);
    std::vector<float> found(expected.size());
    detail::exact_sums(g, {x.data(), 2, in}, w, found.data());
    CHECK(found == expected);
  }
}
