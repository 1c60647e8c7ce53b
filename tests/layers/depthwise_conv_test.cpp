#include <minnow/layers/depthwise_conv.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/model.hpp>

using namespace minnow;

static_assert(layer<depthwise_conv<>> && product_layer<depthwise_conv<sign, stride<2>>>);
static_assert(std::is_same_v<depthwise_conv<>::weights, real>, "weights are real unless told otherwise");

// The defaults are a 3x3 kernel, stride 1, padding 1, and as many filters as channels.
static_assert(depthwise_conv<>::output({32, 24, 7}) == shape{32, 24, 7});
static_assert(depthwise_conv<sign, stride<2>>::output({32, 25, 7}) == shape{16, 13, 7});
static_assert(depthwise_conv<sign, kernel<5, 3>, padding<0>>::output({32, 24, 7}) == shape{28, 22, 7});

namespace {

struct net : model<image<4, 8, 8>, conv<12, real, groups<2>>, depthwise_conv<minw<2, 1>>, dense<3>> {};

}  // namespace

static_assert(layer_graph<net>::count == 4 && layer_graph<net>::in<2> == shape{8, 8, 12},
              "a scheme quantizes the inputs on its own");

TEST_SUITE("layers/depthwise_conv") {
  TEST_CASE("each channel has a filter of its own") {
    constexpr geometry g = depthwise_conv<sign>::over({10, 11, 6});
    CHECK(g.groups == 6);
    CHECK(g.inputs() == 9);
    CHECK(g.weights() == 54);
    CHECK(g.macs() == 10 * 11 * 54);
  }

  TEST_CASE("a grouped convolution sees the channels of its group") {
    constexpr geometry g = conv<12, sign, groups<2>>::over({10, 11, 6});
    CHECK(g.inputs() == 27);
    CHECK(g.weights() == 12 * 27);
    CHECK(g.macs() == 10 * 11 * 12 * 27);
    CHECK(conv<12, sign, groups<2>>::check({10, 11, 6}) == fault::none);
    CHECK(conv<12, sign, groups<2>>::check({10, 11, 7}) == fault::uneven_groups);
    CHECK(conv<13, sign, groups<2>>::check({10, 11, 6}) == fault::uneven_groups);
  }

  TEST_CASE("refuses a window that does not fit") {
    CHECK(depthwise_conv<sign, kernel<7>, padding<0>>::check({6, 7, 3}) == fault::window_too_large);
    CHECK(depthwise_conv<sign, kernel<7>, padding<0>>::check({7, 7, 3}) == fault::none);
  }

  TEST_CASE("has stable names, that of one group without a word of it") {
    CHECK(depthwise_conv<sign, stride<2>>::name().view() == "depthwise_conv<sign,3x3,stride 2x2,padding 1x1>");
    CHECK(conv<64, sign, groups<4>>::name().view() == "conv<64,sign,3x3,stride 1x1,padding 1x1,groups 4>");
    CHECK(conv<64, sign, groups<1>>::name() == conv<64, sign>::name());
  }
}
