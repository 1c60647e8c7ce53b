#include <minnow/train/layers/batch_norm.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "single_layer.hpp"

using namespace minnow;

namespace {

/// The mean, biased variance and unbiased variance of channel c.
struct moments_of_channel {
  double mean = 0;
  double biased = 0;
  double unbiased = 0;

  moments_of_channel(const std::vector<float>& x, std::size_t channels, std::size_t c) {
    const auto rows = static_cast<double>(x.size() / channels);
    for (std::size_t i = c; i < x.size(); i += channels) mean += static_cast<double>(x[i]) / rows;
    double squares = 0;
    for (std::size_t i = c; i < x.size(); i += channels) squares += std::pow(static_cast<double>(x[i]) - mean, 2);
    biased = squares / rows;
    unbiased = squares / (rows - 1);
  }
};

}  // namespace

TEST_SUITE("train/layers/batch_norm") {
  TEST_CASE("starts as the identity of statistics 0 and 1") {
    trainable<batch_norm> bn({2, 2, 3});
    for (std::size_t c = 0; c < 3; ++c) {
      CHECK(bn.gamma()(c) == 1);
      CHECK(bn.beta()(c) == 0);
      CHECK(bn.running_mean()(c) == 0);
      CHECK(bn.running_variance()(c) == 1);
    }
    CHECK(bn.stale_statistics() == 0);
  }

  TEST_CASE("while training normalizes with the batch's mean and biased variance") {
    const shape in{3, 5, 19};
    constexpr int images = 4;
    test::single_layer<batch_norm> one(in, images);
    const auto gamma = test::uniform(19, 1, -2, 2);
    const auto beta = test::uniform(19, 2);
    one.set("gamma", gamma);
    one.set("beta", beta);
    const auto x = test::uniform(images * in.size(), 3, -1, 3);
    const auto out = one.forward(x);
    for (std::size_t c = 0; c < 19; ++c) {
      const moments_of_channel m(x, 19, c);
      for (std::size_t i = c; i < x.size(); i += 19) {
        const double expected =
            (static_cast<double>(x[i]) - m.mean) / std::sqrt(m.biased + 1e-5) * static_cast<double>(gamma[c]) +
            static_cast<double>(beta[c]);
        // The bound allows for 4 roundings of the scale, the shift and the fma, whose results are below 6: |gamma|
        // divided by the standard deviation is below 2, and |x| is below 3. The variance is a sum of 60 squares with up
        // to 60 roundings; taking its root halves their relative error, which leaves 30.
        CHECK(std::abs(static_cast<double>(out[i]) - expected) <= (30 + 4) * 0x1p-24 * 6);
      }
    }
  }

  TEST_CASE("running statistics move by a tenth, with the unbiased variance, as PyTorch's") {
    const shape in{2, 2, 3};
    test::single_layer<batch_norm> one(in, 2);
    double mean[3] = {0, 0, 0};
    double variance[3] = {1, 1, 1};
    for (std::uint64_t step = 0; step < 5; ++step) {
      const auto x = test::uniform(2 * in.size(), step, -1, 4);
      one.forward(x);
      for (std::size_t c = 0; c < 3; ++c) {
        const moments_of_channel m(x, 3, c);
        mean[c] = 0.9 * mean[c] + 0.1 * m.mean;
        variance[c] = 0.9 * variance[c] + 0.1 * m.unbiased;
        // The bounds allow for ten roundings: in the float sums of 8 numbers, and in one update per step. Means are
        // below 4, and variances are below 9.
        CHECK(std::abs(static_cast<double>(one.layer.running_mean()(c)) - mean[c]) <= 10 * 0x1p-24 * 4);
        CHECK(std::abs(static_cast<double>(one.layer.running_variance()(c)) - variance[c]) <= 10 * 0x1p-24 * 9);
      }
    }
  }

  TEST_CASE("one row has no unbiased variance: the running one takes the biased") {
    test::single_layer<batch_norm> one({1, 1, 2}, 1);
    CHECK(one.forward({5, -7}) == std::vector<float>{0, 0});
    CHECK(one.layer.running_variance()(0) == doctest::Approx(0.9).epsilon(1e-6));
    CHECK(one.layer.running_mean()(1) == doctest::Approx(-0.7).epsilon(1e-6));
  }

  TEST_CASE("evaluation is std::fma with the running statistics' scale and shift, and moves nothing") {
    const shape in{3, 3, 21};
    test::single_layer<batch_norm> one(in, 4);
    const auto gamma = test::uniform(21, 1, -2, 2);
    const auto beta = test::uniform(21, 2);
    one.set("gamma", gamma);
    one.set("beta", beta);
    for (std::uint64_t step = 0; step < 3; ++step) one.forward(test::uniform(4 * in.size(), 3 + step, -1, 2));
    const auto mean = one.layer.running_mean();
    const auto variance = one.layer.running_variance();

    const auto x = test::uniform(4 * in.size(), 9, -5, 5);
    const auto out = one.forward(x, {.mode = mode::evaluate, .alpha = 0.5f, .unquantized_fraction = 0.5f});
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i % 21;
      const float scale = gamma[c] / std::sqrt(variance(c) + 1e-5f);
      const float shift = std::fma(-mean(c), scale, beta[c]);
      CHECK(out[i] == std::fma(x[i], scale, shift));
      const affine a = one.layer.evaluated(static_cast<int>(c));
      CHECK(a.scale == scale);
      CHECK(a.shift == shift);
    }
    CHECK(one.layer.running_mean() == mean);
    CHECK(one.layer.running_variance() == variance);
    CHECK(one.layer.stale_statistics() == 0);
  }

  TEST_CASE("settling makes the running statistics the mean over the settled batches, whatever they were") {
    const shape in{2, 3, 4};
    test::single_layer<batch_norm> one(in, 3);
    one.forward(std::vector<float>(72, 100));
    double mean[4] = {};
    double variance[4] = {};
    for (int b = 0; b < 7; ++b) {
      const auto x = test::uniform(3 * in.size(), static_cast<std::uint64_t>(b), -1, 2);
      one.forward(x, {.mode = mode::reestimate, .measured_batches = b});
      for (std::size_t c = 0; c < 4; ++c) {
        const moments_of_channel m(x, 4, c);
        mean[c] += m.mean / 7;
        variance[c] += m.unbiased / 7;
      }
    }
    for (std::size_t c = 0; c < 4; ++c) {
      // The bounds allow for 18 roundings in the sum of 18 numbers, and for seven more, one per batch. Means are below
      // 2, and variances are below 9.
      CHECK(std::abs(static_cast<double>(one.layer.running_mean()(c)) - mean[c]) <= 25 * 0x1p-24 * 2);
      CHECK(std::abs(static_cast<double>(one.layer.running_variance()(c)) - variance[c]) <= 25 * 0x1p-24 * 9);
    }
  }

  TEST_CASE("beside its statistics it keeps the average of the unquantized part, with the same momentum") {
    test::single_layer<batch_norm> one({1, 1, 2}, 4);
    const auto x = test::uniform(8, 1);
    double expected = 0;
    for (const float part : {0.5f, 0.5f, 0.25f, 0.0f}) {
      one.forward(x, {.mode = mode::train, .unquantized_fraction = part});
      expected = 0.9 * expected + 0.1 * static_cast<double>(part);
      CHECK(std::abs(static_cast<double>(one.layer.stale_statistics()) - expected) <= 1e-7);
    }
    CHECK(one.layer.stale_statistics() > 1e-3f);
    one.forward(x, {.mode = mode::reestimate, .unquantized_fraction = 0, .measured_batches = 0});
    CHECK(one.layer.stale_statistics() == 0);
  }

  TEST_CASE("arrays name everything that a file keeps, statistics what settling replaces") {
    trainable<batch_norm> bn({1, 1, 3});
    std::vector<std::string> names;
    const auto note = [&](std::string_view name, std::span<float> values) {
      names.emplace_back(name);
      CHECK(values.size() == (name == "stale_statistics" ? 1 : 3));
    };
    bn.arrays(note);
    CHECK(names == std::vector<std::string>{"gamma", "beta", "mean", "variance", "stale_statistics"});
    names.clear();
    bn.statistics(note);
    CHECK(names == std::vector<std::string>{"mean", "variance", "stale_statistics"});
  }
}
