#include <minnow/train/loss.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "single_layer.hpp"
#include "training_fixture.hpp"

using namespace minnow;

namespace {

constexpr std::size_t loss_images = 7;
constexpr std::size_t loss_classes = 5;
const std::vector<int> loss_labels{0, 4, 2, 1, 3, 3, 0};

double cross_entropy_in_double(const std::vector<double>& z) {
  double sum = 0;
  for (std::size_t n = 0; n < loss_images; ++n) {
    double all = 0;
    for (std::size_t c = 0; c < loss_classes; ++c) all += std::exp(z[n * loss_classes + c]);
    sum -= std::log(std::exp(z[n * loss_classes + static_cast<std::size_t>(loss_labels[n])]) / all);
  }
  return sum / loss_images;
}

double squared_hinge_in_double(const std::vector<double>& z) {
  double sum = 0;
  for (std::size_t n = 0; n < loss_images; ++n)
    for (std::size_t c = 0; c < loss_classes; ++c) {
      const double t = static_cast<int>(c) == loss_labels[n] ? 1 : -1;
      const double margin = 1 - t * z[n * loss_classes + c];
      if (margin > 0) sum += margin * margin;
    }
  return sum / (loss_images * loss_classes);
}

double mean_squared_error_in_double(const std::vector<double>& z) {
  double sum = 0;
  for (std::size_t n = 0; n < loss_images; ++n)
    for (std::size_t c = 0; c < loss_classes; ++c)
      sum += std::pow(z[n * loss_classes + c] - (static_cast<int>(c) == loss_labels[n] ? 1 : 0), 2);
  return sum / (loss_images * loss_classes);
}

template <class Loss, class Reference>
void check_loss(Loss loss, Reference&& reference) {
  const auto z = test::uniform(loss_images * loss_classes, 1, -3, 3);
  std::vector<float> gradient(z.size(), 99);
  const double value = loss(z, loss_labels, gradient);
  std::vector<double> wide(z.begin(), z.end());
  CHECK(std::abs(value - reference(wide)) <= 1e-14 * std::abs(value));
  for (std::size_t i = 0; i < z.size(); ++i) {
    constexpr double step = 1e-5;
    wide[i] = static_cast<double>(z[i]) + step;
    const double above = reference(wide);
    wide[i] = static_cast<double>(z[i]) - step;
    const double below = reference(wide);
    wide[i] = static_cast<double>(z[i]);
    // The gradient is rounded to float once. The central difference has an error of about step^2 + 1e-15 / step.
    CHECK(std::abs(static_cast<double>(gradient[i]) - (above - below) / (2 * step)) <=
          0x1p-24 * std::abs(static_cast<double>(gradient[i])) + 1e-9);
  }
}

/// Compares losses with the items of a name in fixtures/pytorch_training.txt. call(parameter, logits, gradient) returns
/// the loss. Returns the number of items.
template <class Call>
int compare_with_pytorch(const std::string& name, Call&& call) {
  const auto z = test::pytorch_floats("logits");
  const auto [first, last] = test::pytorch_training().equal_range(name);
  int items = 0;
  for (auto at = first; at != last; ++at, ++items) {
    const std::vector<double>& item = at->second;  // the parameter, the loss and the gradient
    std::vector<float> gradient(z.size(), 99);
    CAPTURE(item[0]);
    CHECK(call(static_cast<float>(item[0]), z, gradient) == doctest::Approx(item[1]).epsilon(1e-13));
    REQUIRE(item.size() == 2 + z.size());
    for (std::size_t i = 0; i < z.size(); ++i)
      CHECK(std::abs(static_cast<double>(gradient[i]) - item[2 + i]) <= 0x1p-24 * std::abs(item[2 + i]) + 1e-15);
  }
  return items;
}

}  // namespace

TEST_SUITE("train/loss") {
  TEST_CASE("label smoothing is PyTorch's") {
    const std::vector<int> labels{0, 3, 4, 3};
    CHECK(compare_with_pytorch("smoothed", [&](float smoothing, const auto& z, auto& gradient) {
            return cross_entropy{.smoothing = smoothing}(z, labels, gradient);
          }) == 3);
    std::vector<float> gradient(3);
    for (const float smoothing : {-0.1f, 1.5f, std::nanf("")})
      CHECK_THROWS_AS(
          (void)cross_entropy{.smoothing = smoothing}(std::vector<float>{1, 2, 3}, std::vector<int>{0}, gradient),
          error);
  }

  TEST_CASE("distillation is PyTorch's divergence times the square of the temperature") {
    const auto teacher = test::pytorch_floats("teacher");
    CHECK(compare_with_pytorch("distilled", [&](float temperature, const auto& z, auto& gradient) {
            return distillation{.temperature = temperature}(z, teacher, 4, gradient);
          }) == 3);
  }

  TEST_CASE("distillation is 0 for the teacher's own logits, and does not overflow") {
    std::vector<float> gradient(3, 99);
    const std::vector<float> z{800, -3e38f, 2};
    CHECK(distillation{.temperature = 0.5f}(z, z, 1, gradient) == 0);
    CHECK(gradient == std::vector<float>{0, 0, 0});
    CHECK(distillation{.temperature = 1}(std::vector<float>{0, 200, 0}, std::vector<float>{1000, 0, 0}, 1, gradient) ==
          200);
    CHECK(gradient == std::vector<float>{-1, 1, 0});
  }

  TEST_CASE("distillation refuses sizes that do not fit, and a temperature that is not above 0") {
    const std::vector<float> z{1, 2, 3, 4, 5, 6};
    std::vector<float> gradient(6);
    CHECK_THROWS_AS((void)distillation{}(z, std::span(z).first(5), 2, gradient), error);
    CHECK_THROWS_AS((void)distillation{}(z, z, 4, gradient), error);
    CHECK_THROWS_AS((void)distillation{}(z, z, 0, gradient), error);
    CHECK_THROWS_AS((void)distillation{}(z, z, 2, std::span(gradient).first(5)), error);
    CHECK_THROWS_WITH_AS((void)distillation{.temperature = 0}(z, z, 2, gradient),
                         "distillation: expected a finite temperature above 0, found 0", error);
  }

  TEST_CASE("cross-entropy is -log softmax of the label, the mean over images") {
    check_loss(cross_entropy{}, cross_entropy_in_double);
    std::vector<float> gradient(4);
    CHECK(cross_entropy{}(std::vector<float>{2, 2, 2, 2}, std::vector<int>{1}, gradient) ==
          doctest::Approx(std::log(4.0)).epsilon(1e-15));
    CHECK(gradient == std::vector<float>{0.25f, -0.75f, 0.25f, 0.25f});
  }

  TEST_CASE("squared hinge is the mean over images and classes") {
    check_loss(squared_hinge{}, squared_hinge_in_double);
    std::vector<float> gradient(2);
    CHECK(squared_hinge{}(std::vector<float>{3, -0.5f}, std::vector<int>{0}, gradient) == 0.125);
    CHECK(gradient == std::vector<float>{0, 0.5f});
  }

  TEST_CASE("mean squared error is the mean over images and classes") {
    check_loss(mean_squared_error{}, mean_squared_error_in_double);
    std::vector<float> gradient(2);
    CHECK(mean_squared_error{}(std::vector<float>{3, -0.5f}, std::vector<int>{0}, gradient) == 2.125);
    CHECK(gradient == std::vector<float>{2, -0.5f});
  }

  TEST_CASE("cross-entropy does not overflow") {
    std::vector<float> gradient(3);
    CHECK(cross_entropy{}(std::vector<float>{1e30f, -1e30f, 0}, std::vector<int>{0}, gradient) == 0);
    CHECK(gradient == std::vector<float>{0, 0, 0});
    CHECK(cross_entropy{}(std::vector<float>{-800, 0, -900}, std::vector<int>{0}, gradient) == 800);
    CHECK(gradient == std::vector<float>{-1, 1, 0});
  }

  TEST_CASE("a NaN among the logits is a NaN of the loss") {
    for (const std::size_t at : {0, 1, 2}) {
      std::vector<float> z{1, 2, 3};
      z[at] = std::nanf("");
      std::vector<float> gradient(3);
      const std::vector<int> one_label{1};
      CHECK(std::isnan(cross_entropy{}(z, one_label, gradient)));
      CHECK(std::isnan(squared_hinge{}(z, one_label, gradient)));
      CHECK(std::isnan(mean_squared_error{}(z, one_label, gradient)));
    }
  }

  TEST_CASE("refuses labels that no class has, and sizes that do not fit") {
    const std::vector<float> z{1, 2, 3, 4, 5, 6};
    std::vector<float> gradient(6);
    const auto refused = [&](std::size_t logits, const std::vector<int>& labels, std::size_t gradients) {
      const auto of = std::span(z).first(logits);
      const auto to = std::span(gradient).first(gradients);
      CHECK_THROWS_AS((void)cross_entropy{}(of, labels, to), error);
      CHECK_THROWS_AS((void)squared_hinge{}(of, labels, to), error);
      CHECK_THROWS_AS((void)mean_squared_error{}(of, labels, to), error);
    };
    refused(6, {0, 3}, 6);
    refused(6, {-1, 0}, 6);
    refused(6, {}, 6);
    refused(0, {0}, 0);
    refused(5, {0, 1}, 5);
    refused(6, {0, 1}, 5);
    CHECK_THROWS_WITH_AS((void)cross_entropy{}(z, std::vector<int>{0, 3}, gradient),
                         "loss: expected labels from 0 to 2, found 3", error);
  }
}
