#include <minnow/core/classify.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "values.hpp"

using namespace minnow;

namespace {

using logits = std::vector<float>;

}  // namespace

TEST_SUITE("core/classify") {
  TEST_CASE("the largest logit wins, the first of equals") {
    CHECK(argmax(logits{1, 3, 2}) == 1);
    CHECK(argmax(logits{-1, -3, -2}) == 0);
    CHECK(argmax(logits{0, 5, 5}) == 1);
    CHECK(argmax(logits{7}) == 0);
    CHECK(argmax(logits{0, -test::infinity, test::infinity}) == 2);
  }

  TEST_CASE("NaN never wins") {
    CHECK(argmax(logits{test::nan, -5, -4}) == 2);
    CHECK(argmax(logits{-5, test::nan, -6}) == 0);
    CHECK(argmax(logits{test::nan, test::nan, -test::infinity}) == 2);
  }

  TEST_CASE("guesses come in the order of their softmax probabilities, which sum to 1") {
    const auto all = top_k(logits{std::log(1.0f), std::log(5.0f), std::log(2.0f), std::log(2.0f)}, 4);
    REQUIRE(all.size() == 4);
    const int labels[] = {1, 2, 3, 0};
    const double parts[] = {0.5, 0.2, 0.2, 0.1};
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(all[i].label == labels[i]);
      // Rounding a logit below 2 to a float changes it by up to 2^-24. The probability is rounded too.
      CHECK(std::abs(static_cast<double>(all[i].probability) - parts[i]) <= 3 * 0x1p-24);
    }
    CHECK(top_k(logits{1, 3, 2}, 1).front().label == 1);
    CHECK(top_k(logits{1, 3, 2}, 2).size() == 2);
    CHECK(top_k(logits{1, 3, 2}, 99).size() == 3);
    CHECK(top_k(logits{1, 3, 2}, 0).empty());
    CHECK(top_k(logits{1, 3, 2}, -1).empty());
  }

  TEST_CASE("logits of any size make probabilities") {
    const auto far = top_k(logits{1e30f, 0, -1e30f}, 3);
    CHECK(far[0].label == 0);
    CHECK(far[0].probability == 1);
    CHECK(far[2].probability == 0);
    CHECK(top_k(logits{-1e30f, -1e30f}, 2)[1].probability == 0.5f);
    const float inf = test::infinity;
    const auto parts = [](const logits& z) {
      std::vector<float> found;
      for (const prediction& p : top_k(z, static_cast<int>(z.size()))) found.push_back(p.probability);
      return found;
    };
    CHECK(parts(logits{1, inf, 2}) == std::vector<float>{1, 0, 0});
    CHECK(top_k(logits{1, inf, 2}, 1).front().label == 1);
    CHECK(parts(logits{inf, -inf, inf}) == std::vector<float>{0.5f, 0.5f, 0});
    CHECK(parts(logits{-inf, -inf}) == std::vector<float>{0.5f, 0.5f});
    CHECK(parts(logits{test::nan, -inf, 3}) == std::vector<float>{1, 0, 0});
    CHECK(top_k(logits{test::nan, 0, test::nan}, 1).front().label == 1);
    CHECK(parts(logits{test::nan, test::nan}) == std::vector<float>{0, 0});
  }

  TEST_CASE("the part of predictions that are right") {
    CHECK(accuracy(std::vector<int>{1, 2, 3, 4}, std::vector<int>{1, 0, 3, 0}) == 0.5);
    CHECK(accuracy(std::vector<int>{1}, std::vector<int>{1}) == 1);
    CHECK(accuracy(std::vector<int>{}, std::vector<int>{}) == 0);
  }

  TEST_CASE("accuracy refuses more or fewer labels than predictions; no logits have class 0") {
    CHECK_THROWS_WITH_AS((void)accuracy(std::vector<int>(10), std::vector<int>(3)),
                         "accuracy: expected as many labels as predictions, found 3 labels and 10 predictions",
                         minnow::error);
    CHECK_THROWS_AS((void)accuracy(std::vector<int>(3), std::vector<int>(10)), minnow::error);
    CHECK(argmax(logits{}) == 0);
    CHECK(top_k(logits{}, 3).empty());
  }
}
