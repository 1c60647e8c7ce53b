#include <minnow/train/layers/multi_threshold.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "random_numbers.hpp"
#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(multi_threshold<15>::name().view() == "multi_threshold<15>");
static_assert(layer<multi_threshold<1>>);

namespace {

void set_thresholds(layer_hooks& to, const std::vector<float>& thresholds, float step, float offset) {
  to.arrays([&](std::string_view name, std::span<float> values) {
    if (name == "thresholds") std::copy(thresholds.begin(), thresholds.end(), values.begin());
    if (name == "step") values[0] = step;
    if (name == "offset") values[0] = offset;
  });
}

}  // namespace

TEST_SUITE("train/multi_threshold") {
  TEST_CASE("counts the thresholds of each channel that a number reaches, and passes gradients unchanged") {
    const std::vector<float> thresholds{-2, 0, 3, 1, 1, 7};  // 2 channels, 3 thresholds
    test::single_layer<multi_threshold<3>> one({1, 2, 2}, 1);
    set_thresholds(one.layer, thresholds, 0.5f, -1);
    CHECK(one.forward({-2, 1, -2.5f, 0.5f}) == std::vector<float>{-0.5f, 0, -1, -1});
    CHECK(one.forward({3, 7, 0, 1e30f}) == std::vector<float>{0.5f, 0.5f, 0, 0.5f});
    CHECK(one.forward({test::nan, -test::infinity, test::infinity, 0}) == std::vector<float>{-1, -1, 0.5f, -1});
    CHECK(one.backward({1, 2, 3, 4}) == std::vector<float>{1, 2, 3, 4});
    CHECK(one.values().empty());
  }

  TEST_CASE("is FINN's MultiThreshold on random numbers") {
    constexpr int channels = 5, count = 31, images = 3;
    const auto t = test::uniform(channels * count, 1, -4, 4);
    const auto x = test::uniform(images * 4 * channels, 2, -5, 5);
    test::single_layer<multi_threshold<count>> one({2, 2, channels}, images);
    set_thresholds(one.layer, t, 2, -31);
    const auto& y = one.forward(x, {.mode = mode::evaluate});
    for (std::size_t i = 0; i < x.size(); ++i) {
      double expected = -31;
      for (std::size_t k = 0; k < count; ++k) expected += t[i % channels * count + k] <= x[i] ? 2 : 0;
      CHECK(static_cast<double>(y[i]) == expected);
    }
  }
}
