#include <minnow/train/layers/bias.hpp>

#include <doctest/doctest.h>

#include "single_layer.hpp"

using namespace minnow;

TEST_SUITE("train/layers/bias") {
  TEST_CASE("starts at zero and adds its number to each channel") {
    const shape in{3, 2, 19};
    test::single_layer<bias> one(in, 2);
    const auto x = test::uniform(2 * in.size(), 1);
    CHECK(one.forward(x) == x);
    const auto b = test::uniform(19, 2);
    one.set("bias", b);
    const auto out = one.forward(x);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(out[i] == x[i] + b[i % 19]);
    CHECK(one.layer.values()(18) == b[18]);
  }

  TEST_CASE("is neither bounded nor scaled by an estimator") {
    trainable<bias>({1, 1, 2}).parameters([](const parameter& p) {
      CHECK(p.name == "bias");
      CHECK(!p.bounded);
      CHECK(!p.quantized);
    });
  }
}
