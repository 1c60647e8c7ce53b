#include <minnow/fit/reestimate_batch_norm.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <minnow/data/synthetic_digits.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/schedule/constant.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

struct two_layers : model<features<6>, dense<9, scheme<real, sign>>, batch_norm, dense<3, minw<1, 1>>, batch_norm> {};
struct wide_digits : model<image<1, 28, 28>, dense<256, scheme<pixels, sign>>, batch_norm, dense<256, minw<1, 1>>,
                           batch_norm, dense<256, minw<1, 1>>, batch_norm, dense<10, minw<1, 1>>, batch_norm> {};

dataset<float> unlabeled_numbers(int count) { return {{1, 1, 6}, test::uniform(6 * count, 1), {}}; }

std::vector<float> statistics(network_base& net) { return detail::exchange_statistics(net); }

}  // namespace

TEST_SUITE("fit/reestimate_batch_norm") {
  TEST_CASE("running statistics become the mean over batches of the quantized network") {
    // All images are in one batch, so the statistics do not depend on the order.
    network<two_layers, aqe> net{seed{1}};
    const auto data = unlabeled_numbers(64);
    reestimate_batch_norm(net, data, {.batches = 1, .batch = 64});
    const auto& w = net.layer<"0">().weights();
    for (std::size_t f = 0; f < 9; ++f) {
      double mean = 0;
      double squares = 0;
      for (int n = 0; n < 64; ++n) {
        double sum = 0;
        for (std::size_t k = 0; k < 6; ++k) sum += static_cast<double>(data.image(n)[k]) * (w(f, 0, 0, k) > 0 ? 1 : -1);
        mean += sum / 64;
        squares += sum * sum;
      }
      const double variance = (squares - 64 * mean * mean) / 63;
      // The dense layer adds 6 numbers, and the statistics add its outputs for 64 images. So the bounds allow for 70
      // roundings: for the mean, of numbers below 6; for the variance, of squares below 36.
      CHECK(std::abs(static_cast<double>(net.layer<"1">().running_mean()(f)) - mean) <= 70 * 0x1p-24 * 6);
      CHECK(std::abs(static_cast<double>(net.layer<"1">().running_variance()(f)) - variance) <= 70 * 0x1p-24 * 36);
    }
  }

  TEST_CASE("a NaN or an infinity in the old statistics is gone") {
    const auto data = unlabeled_numbers(64);
    network<two_layers, aqe> net{seed{1}}, spoilt{seed{1}};
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF}) {
      spoilt.statistics([&](std::string_view, std::string_view, std::span<float> values) {
        std::fill(values.begin(), values.end(), bad);
      });
      reestimate_batch_norm(spoilt, data, {.batches = 2, .batch = 32});
      reestimate_batch_norm(net, data, {.batches = 2, .batch = 32});
      CHECK(statistics(spoilt) == statistics(net));
    }
  }

  TEST_CASE("moves nothing but the statistics") {
    network<two_layers, aqe> net{seed{1}};
    const auto parameters = [&] {
      std::vector<float> result;
      net.parameters(
          [&](std::string_view, const parameter& p) { result.insert(result.end(), p.value.begin(), p.value.end()); });
      return result;
    };
    const auto before = parameters();
    const auto statistics_before = statistics(net);
    reestimate_batch_norm(net, unlabeled_numbers(64));
    CHECK(parameters() == before);
    CHECK(statistics(net) != statistics_before);
  }

  TEST_CASE("forgets what the statistics were") {
    const auto data = unlabeled_numbers(200);
    const reestimate_options few{.batches = 5, .batch = 40, .seed = seed{3}};
    network<two_layers, aqe> net{seed{1}};
    reestimate_batch_norm(net, data, few);
    const auto settled = statistics(net);
    net.statistics([](std::string_view, std::string_view, std::span<float> v) { std::fill(v.begin(), v.end(), 0.4f); });
    reestimate_batch_norm(net, data, few);
    CHECK(statistics(net) == settled);
  }

  TEST_CASE("takes whole batches only, another choice for another seed") {
    const auto data = unlabeled_numbers(100);
    network<two_layers, aqe> net{seed{1}};
    reestimate_batch_norm(net, data, {.batches = 2, .batch = 40});
    const auto two = statistics(net);
    reestimate_batch_norm(net, data, {.batches = 30, .batch = 40});  // a third batch would have only 20 images
    CHECK(statistics(net) == two);
    reestimate_batch_norm(net, data, {.batches = 2, .batch = 40, .seed = seed{1}});
    CHECK(statistics(net) != two);
  }

  TEST_CASE("fewer images than a batch are one batch") {
    const auto data = unlabeled_numbers(20);
    network<two_layers, aqe> net{seed{1}};
    reestimate_batch_norm(net, data);
    const auto settled = statistics(net);
    reestimate_batch_norm(net, data, {.batches = 1, .batch = 20});
    CHECK(statistics(net) == settled);
    CHECK(net.layer<"1">().running_variance()(0) != 1);
  }

  TEST_CASE("refuses what it cannot take") {
    network<two_layers, aqe> net;
    CHECK_THROWS_WITH_AS(reestimate_batch_norm(net, dataset<float>{}),
                         "reestimate_batch_norm: expected images, found none", minnow::error);
    CHECK_THROWS_WITH_AS(
        reestimate_batch_norm(net, dataset<float>({1, 1, 3}, std::vector<float>(3), {})),
        "reestimate_batch_norm: expected images of 1x1x6 (height, width, channels: the model's input), found 1x1x3",
        minnow::error);
  }

  TEST_CASE("statistics can be taken out and put back") {
    network<two_layers, aqe> net{seed{1}};
    const auto kept = statistics(net);
    reestimate_batch_norm(net, unlabeled_numbers(64));
    const auto settled = statistics(net);
    CHECK(detail::exchange_statistics(net, &kept) == settled);
    CHECK(statistics(net) == kept);
  }

  TEST_CASE("repairs the accuracy of a network trained at constant 1/2") {
    const auto train = synthetic_digits(4000, seed{1});
    const auto test = synthetic_digits(1000, seed{2});
    network<wide_digits, aqe> net{seed{3}};
    fit(net, train, adam{.rate = 1e-2f, .decay = exponential_rate{.factor = 0.8f}}, constant{},
        {.epochs = 4, .batch = 64, .batch_norm_batches = 0});
    const double before = accuracy(net, test);
    // stale_statistics() is the running average of the unquantized fraction 1 - alpha. It is too large here for a
    // network that is to be packed.
    CHECK(net.layer<"1">().stale_statistics() > 0.49f);
    reestimate_batch_norm(net, train, {.batches = 30, .batch = 64});
    const double after = accuracy(net, test);
    CAPTURE(before);
    CAPTURE(after);
    CHECK(net.layer<"1">().stale_statistics() == 0);
    // The accuracy is about 0.62 before and 0.83 after re-estimation.
    CHECK(after >= 0.75);
    CHECK(after >= before + 0.1);
  }
}
