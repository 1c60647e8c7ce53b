#include <minnow/layers/conv.hpp>

#include <doctest/doctest.h>

using namespace minnow;

static_assert(layer<conv<8>> && product_layer<conv<8, sign>> &&
              product_layer<conv<8, integer<8, per_channel>, kernel<1>>>);

// By default a 3x3 window has stride 1 and padding 1, so the image keeps its size.
static_assert(conv<8>::output({32, 24, 3}) == shape{32, 24, 8});
static_assert(conv<8>::over({32, 24, 3}).inputs() == 27);
static_assert(std::is_same_v<conv<8>::weights, real>, "weights are real unless told otherwise");
static_assert(std::is_same_v<conv<8, sign>::weights, sign>, "a quantizer alone is that of the weights");
static_assert(std::is_same_v<conv<8, minw<2, 1>>::weights, sign>);

// The default padding is half the kernel in each direction.
static_assert(conv<8, sign, kernel<5, 3>>::over({10, 10, 2}).padding == extent{2, 1});
static_assert(conv<8, sign, kernel<5, 3>>::output({10, 11, 2}) == shape{10, 11, 8});
static_assert(conv<8, sign, kernel<1>>::output({10, 11, 2}) == shape{10, 11, 8});
static_assert(conv<8, sign, kernel<2>>::output({10, 11, 2}) == shape{11, 12, 8}, "an even kernel gains a row");
static_assert(conv<8, sign, kernel<5, 3>, padding<0>>::output({10, 11, 2}) == shape{6, 9, 8});
static_assert(conv<8, sign, padding<0, 2>, kernel<3, 5>>::output({10, 11, 2}) == shape{8, 11, 8});

// Keras's MobileNet: a 3x3 window with stride 2 over an even image has padding below and on the right only.
static_assert(conv<8, sign, stride<2>, same>::over({96, 96, 3}) ==
              conv<8, sign, stride<2>, padding<0, 0, 1, 1>>::over({96, 96, 3}));
static_assert(conv<8, sign, stride<2>, same>::output({96, 96, 3}) == shape{48, 48, 8});
static_assert(conv<8, sign, stride<2>, same>::over({97, 97, 3}) == conv<8, sign, stride<2>>::over({97, 97, 3}));
static_assert(conv<8, sign, kernel<2>, same>::output({10, 11, 2}) == shape{10, 11, 8}, "an even kernel keeps the size");

// Checks ResNet's first layer, and strides that do not divide the size of the map.
static_assert(conv<64, sign, kernel<7>, stride<2>>::output({224, 224, 3}) == shape{112, 112, 64});
static_assert(conv<8, sign, stride<2>>::output({10, 11, 2}) == shape{5, 6, 8});
static_assert(conv<8, sign, stride<2, 3>>::output({10, 11, 2}) == shape{5, 4, 8});

TEST_SUITE("layers/conv") {
  TEST_CASE("counts weights and multiply-accumulates") {
    constexpr geometry g = conv<128, sign>::over({32, 32, 3});
    CHECK(g.weights() == 3456);
    CHECK(g.macs() == 3538944);
    CHECK(conv<6, sign, kernel<5, 3>>::over({10, 10, 2}).weights() == 180);
  }

  TEST_CASE("refuses a window that does not fit, and only that") {
    CHECK(conv<8, sign, kernel<7>, padding<0>>::check({6, 7, 1}) == fault::window_too_large);
    CHECK(conv<8, sign, kernel<7>, padding<0>>::check({7, 6, 1}) == fault::window_too_large);
    CHECK(conv<8, sign, kernel<7>, padding<0>>::check({7, 7, 1}) == fault::none);
    CHECK(conv<8, sign, kernel<7>>::check({1, 1, 1}) == fault::none);
  }

  TEST_CASE("has a stable name that tells everything about it") {
    CHECK(conv<64, sign>::name().view() == "conv<64,sign,3x3,stride 1x1,padding 1x1>");
    CHECK(conv<64, integer<8, per_channel>, kernel<5, 3>, stride<2>, padding<0>>::name().view() ==
          "conv<64,integer<8,per_channel>,5x3,stride 2x2,padding 0x0>");
  }

  TEST_CASE("the same window written in two ways has one name") {
    CHECK(conv<64, sign>::name() == conv<64, sign, padding<1>, stride<1>, kernel<3>>::name());
  }
}
