#include <minnow/infer/evaluate.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/train/evaluate.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

struct tiny : model<features<5>, dense<7, scheme<real, sign>>, batch_norm, dense<3, minw<1, 1>>> {};

dataset<float> numbers(int count) {
  std::vector<int> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i % 3);
  return {{1, 1, 5}, test::uniform(5 * count, 1), labels};
}

packed<tiny> packed_tiny() {
  network<tiny> net{seed{1}};
  return pack(net);
}

}  // namespace

TEST_SUITE("infer/evaluate") {
  TEST_CASE("any number of threads gives the logits of one image after the other") {
    const auto network = packed_tiny();
    const auto data = numbers(101);
    const auto expected = network.run(std::span<const float>(data.images));
    for (const int count : {1, 2, 3, 7}) {
      set_threads(count);
      CHECK(logits(network, data) == expected);
    }
    set_threads(200);
    CHECK(logits(network, data.part(0, 3)) == std::vector<float>(expected.begin(), expected.begin() + 9));
    set_threads(0);
  }

  TEST_CASE("predictions are the largest logits, accuracy the part that is right") {
    const auto network = packed_tiny();
    auto data = numbers(90);
    const auto z = logits(network, data);
    const auto classes = predict(network, data);
    REQUIRE(classes.size() == 90);
    for (std::size_t n = 0; n < 90; ++n)
      CHECK(z[3 * n + static_cast<std::size_t>(classes[n])] == *std::max_element(&z[3 * n], &z[3 * n] + 3));
    data.labels = classes;
    CHECK(accuracy(network, data) == 1);
    for (std::size_t n = 0; n < 30; ++n) data.labels[n] = (data.labels[n] + 1) % 3;
    CHECK(accuracy(network, data) == 60.0 / 90);
  }

  TEST_CASE("refuses what it cannot take") {
    const auto network = packed_tiny();
    CHECK_THROWS_WITH_AS((void)logits(network, dataset<float>({2, 2, 1}, std::vector<float>(4), {})),
                         "logits: expected images of 1x1x5 (height, width, channels: the model's input), found 2x2x1",
                         minnow::error);
    auto data = numbers(4);
    data.labels.clear();
    CHECK_THROWS_WITH_AS((void)accuracy(network, data), "accuracy: expected labels, found none", minnow::error);
    CHECK(predict(network, data).size() == 4);
  }

  TEST_CASE("refuses what a trained network refuses, in the same words") {
    network<tiny> net{seed{1}};
    const auto network = pack(net);
    const auto refusal = [](auto&& work) -> std::string {
      try {
        work();
      } catch (const minnow::error& e) {
        return e.what();
      }
      return "nothing";
    };
    const auto compare = [&](const dataset<float>& data, const std::string& expected) {
      CHECK(refusal([&] { (void)accuracy(net, data); }) == expected);
      CHECK(refusal([&] { (void)accuracy(network, data); }) == expected);
    };
    auto data = numbers(4);
    data.labels = {0, 1, 3, 2};
    compare(data, "accuracy: expected labels from 0 to 2 (the model's outputs), found 3 at image 2");
    data.labels = {0, -1, 1, 2};
    compare(data, "accuracy: expected labels from 0 to 2 (the model's outputs), found -1 at image 1");
    data.labels = {0, 1};
    compare(data, "accuracy: expected as many labels as images, found 2 labels and 4 images");
    data.labels = {0, 1, 2, 0, 1};
    compare(data, "accuracy: expected as many labels as images, found 5 labels and 4 images");
    const auto compare_logits = [&](const dataset<float>& of, const std::string& expected) {
      CHECK(refusal([&] { (void)logits(net, of); }) == expected);
      CHECK(refusal([&] { (void)logits(network, of); }) == expected);
    };
    compare_logits({}, "logits: expected images, found none");
    data = numbers(4);
    data.images.resize(23);
    compare_logits(data, "logits: expected a multiple of 1x1x5 values (height, width, channels), found 23");
    data.images.resize(3);
    compare_logits(data, "logits: expected a multiple of 1x1x5 values (height, width, channels), found 3");
    data = numbers(4);
    data.images[7] = std::numeric_limits<float>::infinity();
    compare_logits(data, "logits: expected finite numbers, found inf in image 1");
  }
}
