#include <minnow/data/synthetic_digits.hpp>
#include <minnow/data/synthetic_digits_glyphs.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "system/data_files.hpp"

namespace mn = minnow;

namespace {

std::uint64_t fingerprint_of(const mn::dataset<std::uint8_t>& digits) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t value : digits.images) hash = (hash ^ value) * 0x100000001b3u;
  for (const int label : digits.labels) hash = (hash ^ static_cast<std::uint64_t>(label)) * 0x100000001b3u;
  return hash;
}

// Softmax regression on pixels, trained with plain stochastic gradient descent.
class linear_classifier {
public:
  static constexpr std::size_t pixels = 784;
  static constexpr std::size_t classes = 10;

  void train(const mn::dataset<std::uint8_t>& digits, int epochs) {
    for (int epoch = 0; epoch < epochs; ++epoch)
      for (int i = 0; i < digits.size(); ++i) {
        const auto image = digits.image(i);
        float scores[classes];
        look(image, scores);
        const float largest = *std::max_element(scores, scores + classes);
        float sum = 0;
        for (float& score : scores) sum += score = std::exp(score - largest);
        const float rate = 0.004f / (1 + static_cast<float>(epoch));
        for (std::size_t k = 0; k < classes; ++k) {
          const bool right = static_cast<int>(k) == digits.labels[static_cast<std::size_t>(i)];
          step_[k] = rate * ((right ? 1.0f : 0.0f) - scores[k] / sum);
        }
        for (std::size_t p = 0; p < pixels; ++p)
          for (std::size_t k = 0; k < classes; ++k) weights_[p * classes + k] += step_[k] * centered(image[p]);
        for (std::size_t k = 0; k < classes; ++k) weights_[pixels * classes + k] += step_[k];
      }
  }

  double accuracy(const mn::dataset<std::uint8_t>& digits) const {
    int right = 0;
    for (int i = 0; i < digits.size(); ++i) {
      float scores[classes];
      look(digits.image(i), scores);
      right += std::max_element(scores, scores + classes) - scores == digits.labels[static_cast<std::size_t>(i)];
    }
    return static_cast<double>(right) / digits.size();
  }

private:
  static float centered(std::uint8_t value) { return static_cast<float>(value) / 128 - 0.5f; }

  void look(std::span<const std::uint8_t> image, float (&scores)[classes]) const {
    std::copy_n(weights_.end() - classes, classes, scores);
    for (std::size_t p = 0; p < pixels; ++p)
      for (std::size_t k = 0; k < classes; ++k) scores[k] += weights_[p * classes + k] * centered(image[p]);
  }

  std::vector<float> weights_ = std::vector<float>((pixels + 1) * classes);
  float step_[classes] = {};
};

}  // namespace

TEST_SUITE("data/synthetic_digits") {
  TEST_CASE("the glyphs are read at compile time") {
    constexpr mn::detail::glyph one = mn::detail::digit_glyphs[1][2];
    static_assert(!one.strokes[0].curved && one.strokes[0].count == 3 && one.strokes[0].points[0].x == -18);
    static_assert(one.strokes[1].count == 2 && one.strokes[2].count == 0);
    static_assert(mn::detail::digit_glyphs[0][0].strokes[0].curved);
  }

  TEST_CASE("the classes are balanced and every ten images hold each once, in changing order") {
    const auto digits = mn::synthetic_digits(1005, mn::seed{3});
    CHECK(digits.dimensions == mn::shape{28, 28, 1});
    CHECK_EQ(digits.size(), 1005);
    CHECK_EQ(digits.labels.size(), 1005);
    std::set<std::vector<int>> orders;
    for (auto ten = digits.labels.begin(); digits.labels.end() - ten >= 10; ten += 10) {
      CHECK_EQ(data_files::counts({ten, ten + 10}), std::vector<int>(10, 1));
      orders.insert({ten, ten + 10});
    }
    CHECK_GE(orders.size(), 99);
  }

  TEST_CASE("a seed draws the same on every platform, and another seed draws others") {
    CHECK_EQ(fingerprint_of(mn::synthetic_digits(200, mn::seed{1})), 8980497523715365273u);
    CHECK_NE(fingerprint_of(mn::synthetic_digits(200, mn::seed{2})),
             fingerprint_of(mn::synthetic_digits(200, mn::seed{1})));
  }

  TEST_CASE("a longer set begins with the shorter one") {
    const auto few = mn::synthetic_digits(37, mn::seed{5});
    const auto many = mn::synthetic_digits(100, mn::seed{5});
    CHECK_EQ(fingerprint_of(many.part(0, 37)), fingerprint_of(few));
  }

  TEST_CASE("no two images are the same, and each has ink and paper") {
    const auto digits = mn::synthetic_digits(500);
    std::set<std::vector<std::uint8_t>> distinct;
    for (int i = 0; i < digits.size(); ++i) {
      const auto image = digits.image(i);
      distinct.emplace(image.begin(), image.end());
      CHECK_GT(*std::max_element(image.begin(), image.end()), 120);
      CHECK_GE(std::count_if(image.begin(), image.end(), [](int value) { return value < 90; }), 300);
    }
    CHECK_EQ(distinct.size(), 500);
  }

  TEST_CASE("a linear classifier learns something but stays under 90 %") {
    linear_classifier classifier;
    classifier.train(mn::synthetic_digits(4000, mn::seed{1}), 5);
    const double accuracy = classifier.accuracy(mn::synthetic_digits(1000, mn::seed{2}));
    CHECK_LT(accuracy, 0.9);
    CHECK_GT(accuracy, 0.6);
  }

  TEST_CASE("a count below 1 is refused") {
    CHECK_THROWS_WITH_AS((void)mn::synthetic_digits(0), "synthetic_digits: expected a count of 1 or more, found 0",
                         mn::error);
    CHECK_THROWS_AS((void)mn::synthetic_digits(-5), mn::error);
  }
}
