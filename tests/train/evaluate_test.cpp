#include <minnow/train/evaluate.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/estimate/aqe.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

struct tiny : model<features<5>, dense<7, scheme<real, sign>>, batch_norm, dense<3, minw<1, 1>>> {};

dataset<float> numbers(int count, std::uint64_t draws = 1) {
  std::vector<int> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i % 3);
  return {{1, 1, 5}, test::uniform(5 * count, draws), labels};
}

}  // namespace

TEST_SUITE("train/evaluate") {
  TEST_CASE("each of many images has the logits that it has alone") {
    network<tiny> net{seed{1}};
    const auto data = numbers(300);
    const auto all = logits(net, data);
    REQUIRE(all.size() == 900);
    for (const int n : {0, 127, 128, 129, 255, 256, 299}) {
      const auto alone = logits(net, data.part(n, n + 1));
      CHECK(std::equal(alone.begin(), alone.end(), all.begin() + 3 * n));
    }
  }

  TEST_CASE("alpha chooses between the quantized network and the one that trains") {
    network<tiny, aqe> net{seed{1}};
    const auto data = numbers(20);
    CHECK(logits(net, data) == logits(net, data, 1));
    CHECK(logits(net, data, 0.5f) != logits(net, data, 1));
    network<tiny, ste> straight{seed{1}};
    CHECK(logits(straight, data, 0.5f) == logits(straight, data, 1));
    CHECK(logits(straight, data) == logits(net, data));
  }

  TEST_CASE("evaluation leaves the network as it was") {
    network<tiny, aqe> net{seed{1}};
    const auto before = logits(net, numbers(20));
    (void)accuracy(net, numbers(200, 9), 0.5f);
    CHECK(logits(net, numbers(20)) == before);
  }

  TEST_CASE("predictions are the largest logits, accuracy the part that is right") {
    network<tiny> net{seed{1}};
    auto data = numbers(90);
    const auto z = logits(net, data);
    const auto classes = predict(net, data);
    REQUIRE(classes.size() == 90);
    for (std::size_t n = 0; n < 90; ++n)
      CHECK(z[3 * n + static_cast<std::size_t>(classes[n])] == *std::max_element(&z[3 * n], &z[3 * n] + 3));
    data.labels = classes;
    CHECK(accuracy(net, data) == 1);
    for (std::size_t n = 0; n < 30; ++n) data.labels[n] = (data.labels[n] + 1) % 3;
    CHECK(accuracy(net, data) == 60.0 / 90);
  }

  TEST_CASE("refuses what it cannot take") {
    network<tiny> net;
    CHECK_THROWS_WITH_AS((void)logits(net, dataset<float>{}), "logits: expected images, found none", minnow::error);
    CHECK_THROWS_WITH_AS((void)logits(net, dataset<float>({2, 2, 1}, std::vector<float>(4), {})),
                         "logits: expected images of 1x1x5 (height, width, channels: the model's input), found 2x2x1",
                         minnow::error);
    auto data = numbers(4);
    data.images[12] = std::nanf("");
    CHECK_THROWS_WITH_AS((void)logits(net, data), doctest::Contains("logits: expected finite numbers, found"),
                         minnow::error);
    data = numbers(4);
    data.labels[2] = 3;
    CHECK_THROWS_WITH_AS((void)accuracy(net, data),
                         "accuracy: expected labels from 0 to 2 (the model's outputs), found 3 at image 2",
                         minnow::error);
    data.labels.clear();
    CHECK_THROWS_WITH_AS((void)accuracy(net, data), "accuracy: expected labels, found none", minnow::error);
    CHECK(predict(net, data).size() == 4);
    data.labels = {0, 1};
    CHECK_THROWS_WITH_AS((void)accuracy(net, data),
                         "accuracy: expected as many labels as images, found 2 labels and 4 images", minnow::error);
  }

  TEST_CASE("refuses an alpha outside [0, 1]") {
    network<tiny> net;
    const auto data = numbers(4);
    for (const float alpha : {1.5f, -1.0f, std::nanf(""), HUGE_VALF}) {
      CHECK_THROWS_WITH_AS((void)logits(net, data, alpha), doctest::Contains("expected an alpha from 0 to 1, found"),
                           minnow::error);
      CHECK_THROWS_AS((void)predict(net, data, alpha), minnow::error);
      CHECK_THROWS_AS((void)accuracy(net, data, alpha), minnow::error);
    }
  }
}
