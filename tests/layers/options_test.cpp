#include <minnow/layers/options.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace minnow;

namespace {

template <class... Options>
constexpr detail::window with() {
  return detail::window_with<Options...>({.kernel = {3, 3}, .stride = {1, 1}});
}

}  // namespace

static_assert(with<>().kernel == extent{3, 3} && with<>().stride == extent{1, 1} && with<>().padding == extent{0, 0});
static_assert(with<kernel<5>>().kernel == extent{5, 5}, "one number counts for both directions");
static_assert(with<kernel<5, 3>>().kernel == extent{5, 3}, "height first");
static_assert(with<stride<2, 1>>().stride == extent{2, 1});
static_assert(with<padding<0, 4>>().padding == extent{0, 4});
static_assert(with<padding<0, 4>>().end_padding == extent{0, 4}, "the same on opposite sides");
static_assert(with<padding<0, 1, 2, 3>>().padding == extent{0, 1} &&
              with<padding<0, 1, 2, 3>>().end_padding == extent{2, 3});
static_assert(with<padding<0, 1, 2>>().end_padding == extent{2, 1});
static_assert(with<>().groups == 1 && with<groups<4>>().groups == 4);
static_assert(!with<stride<2>>().padding_given && with<padding<0>>().padding_given);

TEST_SUITE("layers/options") {
  TEST_CASE("come in any order") {
    constexpr auto a = with<kernel<5>, stride<2>, padding<1>>();
    constexpr auto b = with<padding<1>, kernel<5>, stride<2>>();
    CHECK(detail::window_name(a) == detail::window_name(b));
  }

  TEST_CASE("a window's name tells everything about it") {
    CHECK(detail::window_name(with<kernel<5, 3>, stride<2, 1>, padding<4, 0>>()).view() ==
          "5x3,stride 2x1,padding 4x0");
    CHECK(detail::window_name(with<padding<0, 1, 2, 1>>()).view() == "3x3,stride 1x1,padding 0x1 to 2x1");
    CHECK(detail::window_name(with<same, stride<2>>()).view() == "3x3,stride 2x2,padding same");
  }

  TEST_CASE("`same` gives ceil(input / stride) positions with the least padding, the odd element at the end") {
    for (int length = 1; length <= 20; ++length)
      for (int size = 1; size <= 6; ++size)
        for (int step = 1; step <= 4; ++step) {
          CAPTURE(length);
          CAPTURE(size);
          CAPTURE(step);
          const detail::window w{.kernel = {size, 1}, .stride = {step, 1}, .keeps_size = true};
          const geometry g = w.over({length, 3, 2}, 2, 1);
          CHECK(g.out == shape{(length + step - 1) / step, 3, 2});
          // TensorFlow: total = max(kernel - stride, 0) if the stride divides the length, else
          // max(kernel - length % stride, 0); half of it, rounded down, is above the image.
          const int left = length % step;
          const int total = std::max(left == 0 ? size - step : size - left, 0);
          CHECK(g.padding.height == total / 2);
          CHECK(g.end_padding.height == total - total / 2);
          CHECK(g.padding.width + g.end_padding.width == 0);
        }
  }

  TEST_CASE("a window without a position is a fault") {
    CHECK(detail::window_fault(window_over({4, 4, 1}, 1, {5, 5}, {1, 1}, {0, 0})) == fault::window_too_large);
    CHECK(detail::window_fault(window_over({4, 4, 1}, 1, {5, 1}, {1, 1}, {0, 0})) == fault::window_too_large);
    CHECK(detail::window_fault(window_over({4, 4, 1}, 1, {1, 5}, {1, 1}, {0, 0})) == fault::window_too_large);
    CHECK(detail::window_fault(window_over({4, 4, 1}, 1, {4, 4}, {9, 9}, {0, 0})) == fault::none);
  }
}
