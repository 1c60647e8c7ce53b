#include <minnow/core/shape.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace minnow;

static_assert(shape{4, 5, 3}.pixels() == 20 && shape{4, 5, 3}.size() == 60);
static_assert(shape{} == shape{1, 1, 1} && shape{4, 5, 3} != shape{5, 4, 3});

// The first layer of Model A: 3x3 windows on a 32x32 image, with 3 channels and 128 filters.
constexpr geometry first_conv = window_over({32, 32, 3}, 128, {3, 3}, {1, 1}, {1, 1});
static_assert(first_conv.out == shape{32, 32, 128});
static_assert(first_conv.inputs() == 27 && first_conv.weights() == 3456 && first_conv.macs() == 3538944);

constexpr geometry rectangular = window_over({10, 7, 4}, 6, {5, 3}, {2, 1}, {2, 0});
static_assert(rectangular.out == shape{5, 5, 6} && rectangular.inputs() == 60);

// With two groups, each filter reads half of the input channels.
constexpr geometry two_groups = window_over({10, 7, 4}, 6, {5, 3}, {2, 1}, {2, 0}, 2);
static_assert(two_groups.group_channels() == 2 && two_groups.group_filters() == 3 && two_groups.inputs() == 30 &&
              two_groups.weights() == 180);
static_assert(two_groups.macs() == 25 * 180 && two_groups.out == rectangular.out && two_groups != rectangular);

static_assert(dense_over({4, 4, 512}, 10).in == shape{1, 1, 8192});
static_assert(dense_over({4, 4, 512}, 10).out == shape{1, 1, 10});
static_assert(dense_over({4, 4, 512}, 10).weights() == 81920 && dense_over({4, 4, 512}, 10).macs() == 81920);

// 2^16 pixels, 2^16 inputs per pixel and 2^16 filters need more multiply-accumulates than an int holds.
static_assert(window_over({256, 256, 65536}, 65536, {1, 1}, {1, 1}, {0, 0}).macs() == 281474976710656);

static_assert(ceil_div(0, 32) == 0 && ceil_div(1, 32) == 1 && ceil_div(32, 32) == 1 && ceil_div(33, 32) == 2);
static_assert(round_up(0, 64) == 0 && round_up(1, 64) == 64 && round_up(64, 64) == 64 && round_up(65, 64) == 128);

namespace {

/// Calls visit(axis) for all small axes, including axes with windows that are completely in the padding.
template <class Visit>
void for_each_axis(Visit&& visit) {
  for (int length = 1; length <= 9; ++length)
    for (int kernel = 1; kernel <= 5; ++kernel)
      for (int stride = 1; stride <= 4; ++stride)
        for (int padding = 0; padding <= 6; ++padding) {
          const axis a{length, kernel, stride, padding};
          CAPTURE(length);
          CAPTURE(kernel);
          CAPTURE(stride);
          CAPTURE(padding);
          visit(a);
        }
}

}  // namespace

TEST_SUITE("core/shape") {
  TEST_CASE("the padding after the image may differ from the padding before it") {
    for (int length = 1; length <= 9; ++length)
      for (int kernel = 1; kernel <= 5; ++kernel)
        for (int before = 0; before <= 3; ++before)
          for (int after = 0; after <= 3; ++after)
            for (int stride = 1; stride <= 3; ++stride) {
              CAPTURE(length);
              CAPTURE(kernel);
              CAPTURE(before);
              CAPTURE(after);
              CAPTURE(stride);
              int count = 0;
              for (int begin = -before; begin + kernel <= length + after; begin += stride) ++count;
              const geometry g = window_over({length, 1, 1}, 1, {kernel, 1}, {stride, 1}, {before, 0}, {after, 0});
              CHECK(g.out.height == count);
              CHECK(g.y_axis().positions() == count);
            }
  }

  TEST_CASE("only windows of one element that visit every element once are pointwise") {
    CHECK(window_over({4, 5, 2}, 3, {1, 1}, {1, 1}, {0, 0}).is_pointwise());
    CHECK(!window_over({4, 5, 2}, 3, {1, 1}, {2, 1}, {0, 0}).is_pointwise());
    CHECK(!window_over({4, 5, 2}, 3, {1, 1}, {1, 1}, {0, 0}, {0, 1}).is_pointwise());
    CHECK(!window_over({4, 5, 2}, 3, {1, 1}, {1, 1}, {1, 0}, {0, 0}).is_pointwise());
    CHECK(!window_over({4, 5, 2}, 3, {3, 3}, {1, 1}, {1, 1}).is_pointwise());
  }

  TEST_CASE("a window has as many positions as it can be moved to") {
    for (int length = 1; length <= 12; ++length)
      for (int kernel = 1; kernel <= 6; ++kernel)
        for (int stride = 1; stride <= 4; ++stride)
          for (int padding = 0; padding <= 3; ++padding) {
            CAPTURE(length);
            CAPTURE(kernel);
            CAPTURE(stride);
            CAPTURE(padding);
            int count = 0;
            for (int begin = -padding; begin + kernel <= length + padding; begin += stride) ++count;
            CHECK((axis{length, kernel, stride, padding}.positions() == count));
          }
  }

  TEST_CASE("the elements of a window inside the image are counted from its own beginning") {
    for_each_axis([](const axis& a) {
      int begin = -a.padding;
      for (int position = 0; position < a.positions(); ++position, begin += a.stride) {
        CHECK(a.origin(position) == begin);
        std::vector<int> inside;
        for (int k = 0; k < a.kernel; ++k)
          if (begin + k >= 0 && begin + k < a.length) inside.push_back(k);
        const int_range found = a.taps(position);
        CHECK(found.size() == static_cast<int>(inside.size()));
        CHECK(found.first >= 0);
        CHECK(found.last <= a.kernel);
        if (inside.empty()) continue;
        CHECK(found.first == inside.front());
        CHECK(found.last == inside.back() + 1);
      }
    });
  }

  TEST_CASE("windows reach the elements from the first one's start to the last one's end") {
    for_each_axis([](const axis& a) {
      for (int first = 0; first < a.positions(); ++first)
        for (int last = first + 1; last <= a.positions(); ++last) {
          int count = 0, lowest = a.length;
          for (int element = 0; element < a.length; ++element)
            if (element >= first * a.stride - a.padding && element < (last - 1) * a.stride - a.padding + a.kernel) {
              if (count++ == 0) lowest = element;
            }
          int begin = 0;
          for (int position = first + 1; position < last; ++position) begin += a.stride;
          CHECK(a.covered(last - first) == begin + a.kernel);
          const int_range found = a.reached({first, last});
          CHECK(found.size() == count);
          CHECK(found.first >= 0);
          CHECK(found.last <= a.length);
          if (count > 0) CHECK(found.first == lowest);
        }
    });
  }

  TEST_CASE("the positions at which a tap is inside the image, and the first whose window ends after an element") {
    for_each_axis([](const axis& a) {
      const auto covers = [&](int position, int tap, int element) {
        return position * a.stride - a.padding + tap == element;
      };
      const int_range all{0, a.positions()};
      for (int tap = 0; tap < a.kernel; ++tap) {
        const int_range found = a.positions_inside(tap, all);
        CHECK(all.first <= found.first);
        CHECK(found.first <= found.last);
        CHECK(found.last <= all.last);
        for (int position = 0; position < all.last; ++position) {
          bool inside = false;
          for (int element = 0; element < a.length; ++element) inside = inside || covers(position, tap, element);
          CHECK((found.first <= position && position < found.last) == inside);
        }
      }
      for (int element = 0; element < a.length; ++element) {
        const int found = a.first_position_over(element);
        CHECK(found >= 0);
        CHECK(a.origin(found) + a.kernel > element);
        for (int position = 0; position < found; ++position) CHECK(a.origin(position) + a.kernel <= element);
      }
    });
  }

  TEST_CASE("an axis whose windows skip the image's first elements") {
    constexpr axis a{8, 3, 2, -2};
    static_assert(a.positions() == 1 && a.origin(0) == 2 && a.taps(0) == int_range{0, 3});
    static_assert(a.reached({0, 1}) == int_range{2, 5} && a.taps(2) == int_range{0, 2});
    static_assert(a.taps(9) == int_range{0, 0} && a.reached({9, 10}) == int_range{8, 8});
  }

  TEST_CASE("the axes of a geometry") {
    static_assert(rectangular.y_axis() == axis{10, 5, 2, 2} && rectangular.x_axis() == axis{7, 3, 1, 0});
  }

  TEST_CASE("a division is rounded up, up to the largest int") {
    constexpr int most = std::numeric_limits<int>::max();
    static_assert(ceil_div(65, most) == 1 && ceil_div(most, most) == 1 && ceil_div(most, 1) == most &&
                  ceil_div(most, 2) == 1 << 30 && ceil_div(0, most) == 0);
    for (int a = 0; a < 40; ++a)
      for (int b = 1; b < 40; ++b) CHECK(ceil_div(a, b) == static_cast<int>(std::ceil(static_cast<double>(a) / b)));
  }

  TEST_CASE("a shape is sound where an int counts its numbers") {
    static_assert(shape{1, 1, 1}.is_sound() && shape{1, 1, 0x7fffffff}.is_sound() &&
                  shape{1 << 15, 1 << 15, 1}.is_sound());
    static_assert(!shape{0, 1, 1}.is_sound() && !shape{-2, -2, 1}.is_sound() && !shape{1 << 16, 1 << 15, 1}.is_sound());
    static_assert(!shape{0x7fffffff, 0x7fffffff, 0x7fffffff}.is_sound() && !shape{1, 2, 1 << 30}.is_sound());
  }

  TEST_CASE("a window larger than its padded input has no position") {
    CHECK((axis{4, 5, 1, 0}.positions() == 0));
    CHECK((axis{4, 50, 3, 1}.positions() == 0));
    CHECK((axis{4, 6, 1, 1}.positions() == 1));
  }
}
