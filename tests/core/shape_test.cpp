#include <minnow/core/shape.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace minnow;

static_assert(shape{4, 5, 3}.pixels() == 20 && shape{4, 5, 3}.size() == 60);
static_assert(shape{} == shape{1, 1, 1} && shape{4, 5, 3} != shape{5, 4, 3});

// The first layer of Model A: 3x3 over 32x32 with 3 channels and 128 filters.
constexpr geometry first_conv = window_over({32, 32, 3}, 128, {3, 3}, {1, 1}, {1, 1});
static_assert(first_conv.out == shape{32, 32, 128});
static_assert(first_conv.inputs() == 27 && first_conv.weights() == 3456 && first_conv.macs() == 3538944);

constexpr geometry rectangular = window_over({10, 7, 4}, 6, {5, 3}, {2, 1}, {2, 0});
static_assert(rectangular.out == shape{5, 5, 6} && rectangular.inputs() == 60);

// With two groups, half of the channels contribute to an output.
constexpr geometry halves = window_over({10, 7, 4}, 6, {5, 3}, {2, 1}, {2, 0}, 2);
static_assert(halves.group_channels() == 2 && halves.group_filters() == 3 && halves.inputs() == 30 &&
              halves.weights() == 180);
static_assert(halves.macs() == 25 * 180 && halves.out == rectangular.out && halves != rectangular);

static_assert(dense_over({4, 4, 512}, 10).in == shape{1, 1, 8192});
static_assert(dense_over({4, 4, 512}, 10).out == shape{1, 1, 10});
static_assert(dense_over({4, 4, 512}, 10).weights() == 81920 && dense_over({4, 4, 512}, 10).macs() == 81920);

// 2^16 pixels, inputs and filters need more multiply-accumulates than an int holds.
static_assert(window_over({256, 256, 65536}, 65536, {1, 1}, {1, 1}, {0, 0}).macs() == 281474976710656);

static_assert(ceil_div(0, 32) == 0 && ceil_div(1, 32) == 1 && ceil_div(32, 32) == 1 && ceil_div(33, 32) == 2);
static_assert(round_up(0, 64) == 0 && round_up(1, 64) == 64 && round_up(64, 64) == 64 && round_up(65, 64) == 128);

TEST_SUITE("core/shape") {
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
            CHECK(window_positions(length, kernel, stride, padding) == count);
          }
  }

  TEST_CASE("the elements of a window inside the image are counted from its own beginning") {
    for (int length = 1; length <= 9; ++length)
      for (int kernel = 1; kernel <= 5; ++kernel)
        for (int stride = 1; stride <= 3; ++stride)
          for (int padding = 0; padding <= kernel / 2; ++padding)
            for (int position = 0; position < window_positions(length, kernel, stride, padding); ++position) {
              std::vector<int> inside;
              const int begin = position * stride - padding;
              for (int k = 0; k < kernel; ++k)
                if (begin + k >= 0 && begin + k < length) inside.push_back(k);
              const tap_range found = taps_inside(length, kernel, stride, padding, position);
              REQUIRE(!inside.empty());
              CHECK(found.first == inside.front());
              CHECK(found.last == inside.back() + 1);
            }
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
    CHECK(window_positions(4, 5, 1, 0) == 0);
    CHECK(window_positions(4, 50, 3, 1) == 0);
    CHECK(window_positions(4, 6, 1, 1) == 1);
  }
}
