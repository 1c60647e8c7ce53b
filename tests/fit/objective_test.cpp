#include <minnow/fit/objective.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/fit/fit.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/schedule/constant.hpp>

#include "small_runs.hpp"

using namespace minnow;

namespace {

struct linear_model : model<features<6>, dense<3, real>> {};
struct larger_model : model<features<6>, dense<16, real>, relu, dense<3, real>> {};

constexpr std::size_t objective_images = 12;

/// Softmax of logits / t, in double.
std::vector<double> softmax(const std::vector<double>& z, double t) {
  std::vector<double> p;
  double sum = 0;
  for (const double v : z) sum += std::exp(v / t);
  for (const double v : z) p.push_back(std::exp(v / t) / sum);
  return p;
}

/// A batch as a reference computes it: for each image its numbers, and targets with their weights.
struct reference_batch {
  std::vector<std::vector<double>> x;
  struct target {
    int label;
    double weight;
  };
  std::vector<std::vector<target>> targets;
  std::vector<std::vector<double>> teacher{};  ///< logits of each image; empty: no teacher
  double temperature = 1;
  double soft = 0;  ///< weight of the teacher
};

/// Returns the loss of a linear model, and the weights after one step of gradient descent with rate 1, in double.
std::pair<double, std::vector<double>> reference_step(const std::vector<float>& weights, const reference_batch& b) {
  std::vector<double> w(weights.begin(), weights.end()), next = w;
  double total = 0;
  const auto images = static_cast<double>(b.x.size());
  for (std::size_t n = 0; n < b.x.size(); ++n) {
    std::vector<double> z(3);
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 6; ++i) z[c] += w[6 * c + i] * b.x[n][i];
    std::vector<double> gradient(3);
    double all = 0;
    const auto p = softmax(z, 1);
    for (const auto& [label, weight] : b.targets[n]) {
      all += weight;
      total -= (1 - b.soft) * weight * std::log(p[static_cast<std::size_t>(label)]);
      for (std::size_t c = 0; c < 3; ++c)
        gradient[c] += (1 - b.soft) * weight * (p[c] - (static_cast<int>(c) == label ? 1 : 0));
    }
    if (b.soft > 0) {
      const double t = b.temperature;
      const auto q = softmax(z, t), target = softmax(b.teacher[n], t);
      for (std::size_t c = 0; c < 3; ++c) {
        total += b.soft * all * t * t * target[c] * std::log(target[c] / q[c]);
        gradient[c] += b.soft * all * t * (q[c] - target[c]);
      }
    }
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 6; ++i) next[6 * c + i] -= gradient[c] / images * b.x[n][i];
  }
  return {total / images, next};
}

/// Makes one step on all images with `fit`, and compares loss and weights with the reference.
void compare_step(const dataset<float>& data, const reference_batch& b, fit_options<float> options) {
  network<linear_model> net{seed{5}};
  const auto start = test::arrays(net);
  options.batch = data.size();
  options.shuffle = false;
  const history h = fit(net, data, sgd{.rate = 1}, constant{}, options);
  const auto [loss, expected] = reference_step(start, b);
  CHECK(h.epochs[0].loss == doctest::Approx(loss).epsilon(1e-6));
  const auto found = test::arrays(net);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(static_cast<double>(found[i]) == doctest::Approx(expected[i]).epsilon(1e-5));
    CHECK(found[i] != start[i]);
  }
}

/// Returns the images of a data set with their labels as targets of the given weights.
reference_batch plain_batch(const dataset<float>& data, const std::vector<double>& weights) {
  reference_batch b;
  for (std::size_t n = 0; n < weights.size(); ++n) {
    const auto image = data.image(static_cast<int>(n));
    b.x.emplace_back(image.begin(), image.end());
    b.targets.push_back({{data.labels[n], weights[n]}});
  }
  return b;
}

std::vector<std::vector<double>> rows(const std::vector<float>& logits) {
  std::vector<std::vector<double>> result;
  for (std::size_t n = 0; n < logits.size(); n += 3)
    result.emplace_back(logits.begin() + static_cast<std::ptrdiff_t>(n),
                        logits.begin() + static_cast<std::ptrdiff_t>(n + 3));
  return result;
}

/// Returns the error of a run with these options.
std::string objective_refusal(const fit_options<float>& options) {
  network<linear_model> net{seed{5}};
  try {
    fit(net, test::numbers(objective_images), sgd{}, constant{}, options);
  } catch (const error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_SUITE("fit/objective") {
  TEST_CASE("weights of classes and images multiply the loss of each image, and the mean divides by the images") {
    const auto data = test::numbers(objective_images);
    const std::vector<float> of_classes{0.5f, 2, 1.25f}, of_images = test::uniform(objective_images, 3, 0, 2);
    std::vector<double> weights;
    for (std::size_t n = 0; n < objective_images; ++n)
      weights.push_back(static_cast<double>(of_classes[static_cast<std::size_t>(data.labels[n])]) *
                        static_cast<double>(of_images[n]));
    compare_step(data, plain_batch(data, weights), {.weights = {.classes = of_classes, .images = of_images}});
  }

  TEST_CASE("a teacher is a network or its logits: both give the formula's step, and the same bits") {
    const auto data = test::numbers(objective_images);
    network<larger_model> large{seed{9}};
    const auto z = logits(large, data);
    auto b = plain_batch(data, std::vector<double>(objective_images, 1));
    b.teacher = rows(z);
    for (const float weight : {0.7f, 1.0f}) {
      b.temperature = 3;
      b.soft = static_cast<double>(weight);
      compare_step(data, b, {.teacher = {.network = &large, .temperature = 3, .weight = weight}});
      compare_step(data, b, {.teacher = {.logits = z, .temperature = 3, .weight = weight}});
    }
    const auto trained = [&](const teacher& of) {
      network<linear_model> net{seed{5}};
      fit(net, data, adam{}, constant{}, {.epochs = 3, .batch = 5, .teacher = of});
      return test::arrays(net);
    };
    CHECK(trained({.network = &large}) == trained({.logits = z}));
    CHECK(trained({.network = &large}) != trained({}));
    CHECK(trained({.logits = z, .weight = 0}) != trained({.logits = z}));
  }

  TEST_CASE("weights multiply the teacher's part too") {
    const auto data = test::numbers(objective_images);
    const auto z = test::uniform(3 * objective_images, 4, -2, 2);
    const auto of_images = test::uniform(objective_images, 3, 0, 2);
    auto b = plain_batch(data, {of_images.begin(), of_images.end()});
    b.teacher = rows(z);
    b.temperature = 2;
    b.soft = 0.25;
    compare_step(data, b,
                 {.teacher = {.logits = z, .temperature = 2, .weight = 0.25f}, .weights = {.images = of_images}});
  }

  TEST_CASE("a mixture of images has the loss of both labels, with their weights, and the teacher sees the mixture") {
    const auto data = test::numbers(objective_images);
    const augmentation mixing{.mixup = 0.8f};
    const std::vector<float> of_classes{0.5f, 2, 1.25f}, of_images = test::uniform(objective_images, 3, 0, 2);
    // The mixtures of the run: the images and targets that its source gives.
    network<linear_model> net;
    network_base* const nets[] = {&net};
    detail::dataset_source<float> images(data, {mixing});
    images.begin({.stream = minnow::random(seed{6}).stream(1), .augments = true, .shuffles = false, .batch = 12});
    detail::targets of;
    images.load(nets, 0, of);
    const auto in = net.prepare(objective_images);
    reference_batch b;
    int mixed = 0;
    for (std::size_t n = 0; n < objective_images; ++n) {
      b.x.emplace_back(in.begin() + static_cast<std::ptrdiff_t>(6 * n),
                       in.begin() + static_cast<std::ptrdiff_t>(6 * n + 6));
      const auto weight = [&](int label, int image) {
        return static_cast<double>(of_classes[static_cast<std::size_t>(label)]) *
               static_cast<double>(of_images[static_cast<std::size_t>(image)]);
      };
      const auto share = static_cast<double>(of.shares[n]);
      b.targets.push_back({{of.labels[n], share * weight(of.labels[n], of.images[n])},
                           {of.other_labels[n], (1 - share) * weight(of.other_labels[n], of.other_images[n])}});
      mixed += share < 0.95 && of.labels[n] != of.other_labels[n];
    }
    CHECK(mixed > 2);
    fit_options<float> options{.seed = {6}, .augmentation = mixing};
    options.weights = {.classes = of_classes, .images = of_images};
    compare_step(data, b, options);

    network<larger_model> large{seed{9}};
    dataset<float> mixtures = data;
    mixtures.images.assign(in.begin(), in.end());
    b.teacher = rows(logits(large, mixtures));
    b.temperature = 2;
    b.soft = 0.5;
    options.teacher = {.network = &large, .temperature = 2, .weight = 0.5f};
    compare_step(data, b, options);
  }

  TEST_CASE("weights of 1 and a teacher of weight 0 change nothing but roundings") {
    const auto data = test::numbers(objective_images);
    compare_step(data, plain_batch(data, std::vector<double>(objective_images, 1)), {});
    compare_step(data, plain_batch(data, std::vector<double>(objective_images, 1)),
                 {.weights = {.classes = {1, 1, 1}}});
    compare_step(data, plain_batch(data, std::vector<double>(objective_images, 1)),
                 {.teacher = {.logits = test::uniform(3 * objective_images, 4), .weight = 0}});
  }

  TEST_CASE("refuses teachers and weights that do not fit") {
    network<larger_model> large{seed{9}};
    struct other_input : model<features<5>, dense<3, real>> {};
    struct of_bytes : model<image<6, 1, 1>, dense<3, scheme<pixels, sign>>> {};
    network<other_input> other;
    network<of_bytes> bytes;
    const std::vector<float> z(3 * objective_images, 0.5f);
    auto odd = z;
    odd[7] = std::numeric_limits<float>::infinity();
    CHECK(objective_refusal({.teacher = {.network = &large, .logits = z}}) ==
          "fit: expected a network or logits as teacher, found both");
    CHECK(objective_refusal({.teacher = {.logits = std::span(z).first(9)}}) ==
          "fit: expected 36 logits of the teacher (12 images of 3 classes), found 9");
    CHECK(objective_refusal({.teacher = {.logits = odd}}) ==
          "fit: expected finite logits of the teacher, found a NaN or an infinity at image 2");
    CHECK(objective_refusal({.teacher = {.network = &other}}) ==
          "fit: expected a teacher of images of 1x1x6 (height, width, channels) and 3 classes, found 1x1x5 and 3 "
          "classes");
    CHECK(objective_refusal({.teacher = {.network = &bytes}}) ==
          "fit: expected images of bytes for a teacher that begins with pixels, found floats");
    CHECK(objective_refusal({.teacher = {.network = &large, .temperature = 0}}) ==
          "fit: expected a finite temperature of the teacher above 0, found 0");
    CHECK(objective_refusal({.teacher = {.network = &large, .weight = 1.5f}}) ==
          "fit: expected a weight of the teacher from 0 to 1, found 1.5");
    CHECK(objective_refusal({.teacher = {.logits = z}, .augmentation = {.mixup = 0.5f}}) ==
          "fit: expected a teacher's network for images that are mixed, found logits, which belong to the unmixed "
          "images");
    CHECK(objective_refusal({.weights = {.classes = {1, 2}}}) == "fit: expected 3 weights of classes, found 2");
    CHECK(objective_refusal({.weights = {.classes = {1, -2, 1}}}) ==
          "fit: expected finite weights of classes of at least 0, found -2 at index 1");
    CHECK(objective_refusal({.weights = {.images = z}}) == "fit: expected 12 weights of images, found 36");
    CHECK(objective_refusal({.augmentation = {.cutout = -1}}) ==
          "fit: expected a cutout of at least 0 pixels, found -1");
    CHECK(objective_refusal({.augmentation = {.mixup = 1.5f}}) == "fit: expected a mixup from 0 to 1, found 1.5");
    network<linear_model> itself{seed{5}};
    CHECK_THROWS_WITH_AS(fit(itself, test::numbers(12), sgd{}, constant{}, {.teacher = {.network = &itself}}),
                         "fit: expected another network as teacher, found the trained one", error);
    large.parameters([](std::string_view, const parameter& p) { p.value[0] = std::numeric_limits<float>::infinity(); });
    CHECK(objective_refusal({.teacher = {.network = &large}}) ==
          "fit: expected finite logits of the teacher, found a NaN or an infinity at step 1");
  }
}
