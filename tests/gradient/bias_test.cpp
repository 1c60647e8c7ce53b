#include <minnow/train/layers/bias.hpp>

#include <doctest/doctest.h>

#include "finite_difference.hpp"
#include "single_layer.hpp"

using namespace minnow;
using test::numbers;

TEST_SUITE("gradient/bias") {
  TEST_CASE("inputs and biases") {
    for (const shape in : {shape{3, 4, 5}, shape{1, 1, 17}, shape{9, 16, 1}}) {
      constexpr int images = 3;
      const auto channels = static_cast<std::size_t>(in.channels);
      test::single_layer<bias> one(in, images);
      const auto x = test::uniform(images * in.size(), 1);
      const auto b = test::uniform(channels, 2);
      const auto r = test::uniform(images * in.size(), 3);
      one.set("bias", b);
      one.forward(x);
      const auto grad_in = one.backward(r);
      const auto loss = [&](const numbers& inputs, const numbers& biases) {
        numbers out(inputs);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += biases[i % channels];
        return test::inner(out, r);
      };
      // The loss is linear, so the finite difference is exact except for the rounding of doubles.
      CHECK(test::further(grad_in,
                          test::finite_differences([&](const numbers& v) { return loss(v, test::widened(b)); },
                                                   test::widened(x), 0.5),
                          1e-12) == "");
      // The gradient of a bias is a sum over all rows (the pixels of all images). The bound allows for one rounding per
      // row and one of the total. No partial sum exceeds the number of rows.
      const double rows = static_cast<double>(images * in.pixels());
      CHECK(test::further(one.gradients().at("bias"),
                          test::finite_differences([&](const numbers& v) { return loss(test::widened(x), v); },
                                                   test::widened(b), 0.5),
                          rows * (rows + 1) * 0x1p-24) == "");
    }
  }
}
