#include <minnow/train/layers/product/weight_groups.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/quantize/methods/fine_ternary.hpp>
#include <minnow/quantize/methods/scaled_ternary.hpp>
#include <minnow/train/layers/product.hpp>

#include "single_layer.hpp"
#include "values.hpp"

using namespace minnow;

namespace weight_groups_test {

/// Checks the codes and the scales of a layer's weights against Mellempudi et al. 2017 in double precision: the
/// weights of a filter at each position of the kernel are divided into groups of `group` channels.
template <class Layer>
void check_groups(shape in, int filters, int positions, int channels, int group) {
  test::single_layer<Layer> one(in, 2);
  auto w = test::uniform(filters * positions * channels, 3, -1, 1);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] *= 0.1f + static_cast<float>(i % 17);
  one.set("weights", w);
  const auto found = one.layer.quantize("layer");
  REQUIRE(found.codes.size() == w.size());
  int not_zero = 0;
  for (int f = 0; f < filters; ++f) {
    const double step = static_cast<double>(found.scale(f));
    int largest_code = 0;
    for (int p = 0; p < positions; ++p)
      for (int begin = 0; begin < channels; begin += group) {
        const int end = std::min(begin + group, channels);
        const auto at = [&](int c) { return static_cast<std::size_t>((f * positions + p) * channels + c); };
        double mean = 0, sum = 0, above = 0;
        for (int c = begin; c < end; ++c) mean += std::abs(static_cast<double>(w[at(c)])) / (end - begin);
        for (int c = begin; c < end; ++c)
          if (std::abs(static_cast<double>(w[at(c)])) > 0.7 * mean) {
            sum += std::abs(static_cast<double>(w[at(c)]));
            above += 1;
          }
        for (int c = begin; c < end; ++c) {
          const auto x = static_cast<double>(w[at(c)]);
          const double wanted = std::abs(x) > 0.7 * mean ? std::copysign(sum / above, x) : 0;
          CHECK_FALSE(std::abs(static_cast<double>(found.codes[at(c)]) * step - wanted) > step * (0.5 + 1e-4));
          largest_code = std::max(largest_code, static_cast<int>(std::abs(found.codes[at(c)])));
          not_zero += wanted != 0 ? 1 : 0;
        }
      }
    CHECK(largest_code == 127);
  }
  CHECK(not_zero > filters * positions * channels / 4);
}

}  // namespace weight_groups_test

using namespace weight_groups_test;

TEST_SUITE("train/layers/product/weight_groups") {
  TEST_CASE("groups of channels have the threshold and the scale of the paper") {
    check_groups<conv<5, fine_ternary<4>, kernel<2, 3>>>({5, 6, 8}, 5, 6, 8, 4);
    check_groups<dense<7, fine_ternary<64>>>({1, 1, 300}, 7, 1, 300, 64);
  }

  TEST_CASE("the last group of a position is smaller if the channels are not a multiple") {
    check_groups<conv<3, fine_ternary<4>>>({5, 5, 6}, 3, 9, 6, 4);
    check_groups<conv<4, fine_ternary<4>, groups<2>>>({5, 5, 14}, 4, 9, 7, 4);
    check_groups<conv<3, fine_ternary<64>>>({5, 5, 6}, 3, 9, 6, 64);
  }

  TEST_CASE("groups of one weight have the weight as their scale, without a threshold") {
    check_groups<conv<3, fine_ternary<1>>>({5, 5, 6}, 3, 9, 6, 1);
    check_groups<depthwise_conv<fine_ternary<4>>>({5, 5, 6}, 6, 9, 1, 4);
  }

  TEST_CASE("weights are divided without gaps, by filter, by tensor and by groups") {
    const geometry g = conv<5, sign, kernel<2, 3>>::over({5, 6, 7});
    const auto check = [&](const auto& groups, std::size_t count, std::size_t of_filter) {
      CHECK(groups.count() == count);
      CHECK(groups.of_filter() == of_filter);
      std::size_t next = 0, states = 0;
      groups.visit([&](std::size_t s, std::size_t first, std::size_t size) {
        CHECK(s == states++);
        CHECK(first == next);
        next += size;
        if (s % of_filter == 0 && count > 1) CHECK(first == s / of_filter * 42);
      });
      CHECK(next == 5 * 42);
      CHECK(states == count);
    };
    check(detail::weight_groups<scaled_ternary<>>(g), 1, 1);
    check(detail::weight_groups<scaled_ternary<per_channel>>(g), 5, 1);
    check(detail::weight_groups<fine_ternary<4>>(g), 60, 12);
    CHECK(detail::weight_groups<fine_ternary<4>>(g).of(3) == 36);
    CHECK(detail::weight_groups<scaled_ternary<>>(g).of(3) == 0);
  }

  TEST_CASE("weights with a NaN are refused, and the codes of a forward pass equal the codes of `quantize`") {
    test::single_layer<dense<3, fine_ternary<4>>> one({1, 1, 10}, 10);
    auto w = test::uniform(30, 5, -1, 1);
    one.set("weights", w);
    std::vector<float> identity(100, 0);
    for (std::size_t i = 0; i < 10; ++i) identity[i * 11] = 1;
    const auto out = one.forward(identity);
    const auto q = one.layer.quantize("layer");
    for (std::size_t i = 0; i < 10; ++i)
      for (int f = 0; f < 3; ++f)
        CHECK(out[i * 3 + static_cast<std::size_t>(f)] ==
              doctest::Approx(q.codes[static_cast<std::size_t>(f) * 10 + i] * q.scale(f)));
    w[7] = test::nan;
    one.set("weights", w);
    CHECK_THROWS_WITH((void)one.layer.quantize("layer"), doctest::Contains("NaN"));
  }
}
