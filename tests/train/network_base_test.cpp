#include <minnow/train/network_base.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/train/network.hpp>

#include "single_layer.hpp"
#include "small_networks.hpp"

using namespace minnow;
using test::small, test::small_real;

namespace {

struct small_rgb : model<image<3, 2, 2>, dense<2, scheme<clipped<real>, sign>>> {};
struct without_weights : model<features<4>, hard_tanh> {};

}  // namespace

TEST_SUITE("train/network_base") {
  TEST_CASE("visits every trained tensor in order") {
    network<small> net;
    std::string names;
    net.parameters([&](std::string_view path, const parameter& p) {
      names += std::string(path) + ":" + std::string(p.name) + ":" + std::to_string(p.value.size()) + " ";
      CHECK(p.gradient.size() == p.value.size());
    });
    CHECK(names == "0.0:weights:72 0.1:gamma:4 0.1:beta:4 2.0:weights:180 2.1:bias:5 3:weights:135 ");
  }

  TEST_CASE("visits everything that a file keeps in order") {
    network<small> net;
    std::string names;
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      names += std::string(path) + ":" + std::string(name) + ":" + std::to_string(values.size()) + " ";
    });
    CHECK(names ==
          "0.0:weights:72 0.1:gamma:4 0.1:beta:4 0.1:mean:4 0.1:variance:4 0.1:stale_statistics:1 2.0:weights:180 "
          "2.1:bias:5 "
          "3:weights:135 3:state:1 ");
  }

  TEST_CASE("a parameter is ready when its gradient is what the whole pass leaves, the last layer's first") {
    network<small> net;
    std::fill_n(net.prepare(2).begin(), 2 * 72, 1.0f);
    const auto logits = net.forward({.mode = mode::train});
    std::vector<float> at_once;
    std::vector<std::span<const float>> in_order;
    const parameter_visitor ready = [&](const parameter& p) {
      at_once.insert(at_once.end(), p.gradient.begin(), p.gradient.end());
      in_order.push_back(p.gradient);
    };
    net.backward(std::vector<float>(logits.begin(), logits.end()), {.mode = mode::train}, &ready);
    std::string sizes;
    std::vector<float> after;
    for (const auto& gradient : in_order) {
      sizes += std::to_string(gradient.size()) + " ";
      after.insert(after.end(), gradient.begin(), gradient.end());
    }
    CHECK(sizes == "135 5 180 4 4 72 ");
    CHECK(at_once == after);
    CHECK(std::any_of(after.begin(), after.end(), [](float g) { return g != 0; }));
  }

  TEST_CASE("times its layers, for as long as it is asked to") {
    network<small> net;
    std::fill_n(net.prepare(2).begin(), 2 * 72, 1.0f);
    layer_times times;
    net.time_into(&times);
    const auto logits = net.forward({.mode = mode::train});
    net.backward(std::vector<float>(logits.begin(), logits.end()), {.mode = mode::train});
    std::size_t layers = 0;
    net.visit([&](std::string_view, auto&) { ++layers; });
    REQUIRE(times.forward.size() == layers);
    REQUIRE(times.backward.size() == layers);
    CHECK(*std::min_element(times.forward.begin(), times.forward.end()) > 0);
    CHECK(times.backward.front() == 0);  // no gradient of the image is computed
    CHECK(times.backward.back() > 0);
    const auto before = times.forward;
    net.time_into(nullptr);
    (void)net.forward({});
    CHECK(times.forward == before);
  }

  TEST_CASE("the unquantized part is the larger of the two estimators', and none where nothing is quantized") {
    CHECK(network<small, aqe>{}.unquantized_fraction(0.25f) == 0.75f);
    CHECK(network<small, aqe, ste>{}.unquantized_fraction(0.25f) == 0.75f);
    CHECK(network<small, ste, alpha_blend>{}.unquantized_fraction(0.25f) == 0.75f);
    CHECK(network<small, ste>{}.unquantized_fraction(0.25f) == 0);
    CHECK(network<small, aqe>{}.unquantized_fraction(1) == 0);
    CHECK(network<small_real, aqe>{}.unquantized_fraction(0.25f) == 0);
    CHECK(network<small_rgb, aqe>{}.unquantized_fraction(0.25f) == 0.75f);
  }

  TEST_CASE("bytes reach pixels as they are, and anything else as numbers from 0 to 1") {
    std::vector<std::uint8_t> bytes(72);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(3 * i);
    network<small> net;
    net.prepare(1);
    net.put(0, bytes.data());
    (void)net.forward({});
    for (std::size_t i = 0; i < 72; ++i) CHECK(net.result(0).data[i] == 2 * static_cast<float>(bytes[i]) - 255);

    network<small_rgb> rgb;
    const std::vector<std::uint8_t> four{0, 51, 255, 102, 0, 0, 0, 0, 0, 0, 0, 1};
    const auto input = rgb.prepare(1);
    rgb.put(0, four.data());
    CHECK(input[0] == 0);
    CHECK(input[1] == 51 * (1.0f / 255));
    CHECK(input[2] == 1);
    CHECK(input[11] == 1.0f / 255);
  }

  TEST_CASE("images are normalized channel by channel, bytes from 0 to 1 first") {
    network<small_rgb> net;
    net.normalize({.mean = {0.5f, 0.25f, 0}, .stddev = {0.5f, 2, 1}});
    const std::vector<float> image{1, 1, 1, 0.5f, 0.25f, 0, 0, 0, 0, -1, 2.25f, -3};
    const auto input = net.prepare(1);
    net.put(0, image.data());
    CHECK(std::vector<float>(input.begin(), input.end()) ==
          std::vector<float>{1, 0.375f, 1, 0, 0, 0, -1, -0.125f, 0, -3, 1, -3});
    const std::vector<std::uint8_t> bytes{255, 255, 255, 0, 0, 0, 51, 51, 51, 0, 0, 0};
    net.put(0, bytes.data());
    const double expected[] = {1, 0.375, 1, -1, -0.125, 0, -0.6, -0.025, 0.2};
    for (std::size_t i = 0; i < 9; ++i) CHECK(std::abs(static_cast<double>(input[i]) - expected[i]) <= 3 * 0x1p-24);
  }

  TEST_CASE("a normalization of another number of channels is refused") {
    network<small_rgb> net;
    CHECK_THROWS_WITH_AS(net.normalize({.mean = {0.5f}}),
                         "normalize: expected 3 channels, found 1 means and 0 deviations", minnow::error);
    CHECK_THROWS_WITH_AS(net.normalize({.mean = {1, 2, 3}, .stddev = {1, 1}}),
                         "normalize: expected 3 channels, found 3 means and 2 deviations", minnow::error);
    net.normalize({});
    CHECK(net.input_normalization().mean.empty());
  }

  TEST_CASE("names the first layer whose result is not finite") {
    network<small_real> net{seed{1}};
    const auto x = test::uniform(8, 1);
    const auto run = [&] {
      std::copy(x.begin(), x.end(), net.prepare(2).begin());
      (void)net.forward({});
      return std::string(net.first_not_finite());
    };
    CHECK(run() == "");
    net.parameters([](std::string_view path, const parameter& p) {
      if (path == "2") p.value[3] = std::nanf("");
    });
    CHECK(run() == "2");
    net.parameters([](std::string_view path, const parameter& p) {
      if (path == "0") p.value[1] = HUGE_VALF;
    });
    CHECK(run() == "0");
  }

  TEST_CASE("a network without parameters runs forward and backward") {
    network<without_weights> net;
    const std::vector<float> x{-2, 0, 1, 3};
    std::copy(x.begin(), x.end(), net.prepare(1).begin());
    const auto z = net.forward({.mode = mode::train});
    CHECK(std::vector<float>(z.begin(), z.end()) == std::vector<float>{-1, 0, 1, 1});
    net.backward(x, {.mode = mode::train});
  }

  TEST_CASE("a larger batch after a smaller one and a smaller after a larger give what each gives alone") {
    network<small_real> net{seed{1}};
    const auto x = test::uniform(4 * 9, 1);
    const auto run = [&](int images) {
      std::copy_n(x.begin(), 4 * images, net.prepare(images).begin());
      const auto z = net.forward({});
      return std::vector<float>(z.begin(), z.end());
    };
    const auto two = run(2);
    const auto nine = run(9);
    CHECK(two.size() == 4);
    CHECK(nine.size() == 18);
    CHECK(std::equal(two.begin(), two.end(), nine.begin()));
    CHECK(run(2) == two);
  }

  TEST_CASE("statistics are what settling replaces, and nothing else") {
    network<small> net;
    std::string names;
    net.statistics([&](std::string_view path, std::string_view name, std::span<float> values) {
      names += std::string(path) + ":" + std::string(name) + ":" + std::to_string(values.size()) + " ";
    });
    CHECK(names == "0.1:mean:4 0.1:variance:4 0.1:stale_statistics:1 ");
  }

  TEST_CASE("the step scale is that of the weights' estimator") {
    CHECK(network<small_real, alpha_blend, ste>{}.learning_rate_scale(0.25f) == 0.75f);
    CHECK(network<small_real, ste, alpha_blend>{}.learning_rate_scale(0.25f) == 1);
  }

  TEST_CASE("refuses batches, images, alphas and gradients that it cannot take") {
    network<small_real> net;
    const auto size = static_cast<std::size_t>(net.input().size());
    const dataset<float> data(net.input(), std::vector<float>(5 * size), {});
    const auto refused = [](auto&& work, const char* sentence) {
      CHECK_THROWS_WITH_AS(work(), doctest::Contains(sentence), error);
    };
    refused([&] { (void)net.forward({}); }, "forward: expected a batch, found none");
    for (const int images : {0, -1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()})
      if (images < 1 || net.input().pixels() > 1) refused([&] { (void)net.prepare(images); }, "prepare: expected 1 to");
    for (const auto& [first, count] : {std::pair{-1, 2},
                                       {4, 2},
                                       {5, 1},
                                       {0, 6},
                                       {std::numeric_limits<int>::max(), 1},
                                       {0, std::numeric_limits<int>::max()}})
      refused([&] { net.take(data, first, count); }, "take: expected");
    refused([&] { net.take(data, 0, 0); }, "prepare: expected 1 to");
    refused([&] { net.take(dataset<float>({7, 1, 1}, std::vector<float>(7), {}), 0, 1); }, "take: expected");
    net.take(data, 0, 5);
    for (const int n : {-1, 5, std::numeric_limits<int>::max()})
      refused([&] { net.put(n, data.images.data()); }, "put: expected an image from 0 to 4 of the batch, found");
    for (const float alpha : {1.5f, -0.1f, std::nanf("")})
      refused([&] { (void)net.forward({.alpha = alpha}); }, "forward: expected an alpha from 0 to 1, found");
    refused([&] { (void)net.forward({.mode = mode::reestimate, .measured_batches = -1}); },
            "forward: expected counts of at least 0");
    refused([&] { net.backward(std::vector<float>(3), {}); }, "backward: expected the gradients of");
    const auto z = net.forward({.mode = mode::train});
    refused([&] { net.backward(std::vector<float>(z.size() + 1), {.mode = mode::train}); },
            "backward: expected the gradients of");
    net.backward(std::vector<float>(z.size()), {.mode = mode::train});
    refused([&] { (void)net.result(1000); }, "result: expected a layer from 0 to");
    auto copy = net;
    refused([&] { (void)copy.forward({}); }, "forward: expected a batch, found none");
  }

  TEST_CASE("refuses a normalization without a deviation or a number") {
    network<small_rgb> net;
    CHECK_THROWS_WITH_AS(net.normalize({.mean = {}, .stddev = {1, 0, 1}}),
                         "normalize: expected numbers above 0 in 'stddev', found 0 at index 1", error);
    CHECK_THROWS_AS(net.normalize({.mean = {0, std::nanf(""), 0}, .stddev = {}}), error);
    CHECK_THROWS_AS(net.normalize({.mean = {0, 0}, .stddev = {}}), error);
  }
}
