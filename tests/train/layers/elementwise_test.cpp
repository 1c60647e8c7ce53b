#include <minnow/train/layers/elementwise.hpp>

#include <doctest/doctest.h>

#include <algorithm>

#include <minnow/layers/activation.hpp>

#include "single_layer.hpp"

using namespace minnow;

TEST_SUITE("train/layers/elementwise") {
  TEST_CASE("applies the layer's rule to every number") {
    const auto x = test::uniform(2 * 105, 1, -2, 8);
    const auto as_relu = test::single_layer<relu>({5, 7, 3}, 2).forward(x);
    const auto as_relu6 = test::single_layer<relu6>({5, 7, 3}, 2).forward(x);
    const auto as_tanh = test::single_layer<hard_tanh>({5, 7, 3}, 2).forward(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(as_relu[i] == (x[i] > 0 ? x[i] : 0.0f));
      CHECK(as_relu6[i] == std::clamp(x[i], 0.0f, 6.0f));
      CHECK(as_tanh[i] == std::clamp(x[i], -1.0f, 1.0f));
    }
  }
}
