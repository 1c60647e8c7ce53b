#include <minnow/layers/signal.hpp>

#include <doctest/doctest.h>

#include <minnow/model.hpp>
#include <minnow/train/weight_shapes.hpp>

using namespace minnow;

static_assert(product_layer<conv_1d<8>> && product_layer<conv_1d<8, integer<8, per_channel>, kernel<1>>> &&
              product_layer<depthwise_conv_1d<sign>>);
static_assert(pool_layer<max_pool_1d<2>> && pool_layer<average_pool_1d<2>> && !max_pool_1d<2>::averages &&
              average_pool_1d<2>::averages);

// An odd kernel keeps the length by default. The expected lengths come from PyTorch's Conv1d(2, 8, k, stride, padding).
static_assert(conv_1d<8>::output({1, 100, 2}) == shape{1, 100, 8} && conv_1d<8>::over({1, 100, 2}).inputs() == 6);
static_assert(conv_1d<8, sign, kernel<9>>::output({1, 100, 2}) == shape{1, 100, 8});
static_assert(conv_1d<8, sign, kernel<9>, stride<2>>::output({1, 100, 2}) == shape{1, 50, 8});
static_assert(conv_1d<8, sign, kernel<9>, padding<0>>::output({1, 100, 2}) == shape{1, 92, 8});
static_assert(conv_1d<8, sign, stride<3>, padding<4>, kernel<10>>::output({1, 100, 2}) == shape{1, 33, 8});
static_assert(conv_1d<8, sign, kernel<4>, padding<0>, stride<4>>::output({1, 100, 2}) == shape{1, 25, 8},
              "an even kernel with its padding");
static_assert(conv_1d<8, minw<2, 1>, groups<2>>::over({1, 100, 6}).inputs() == 9);
static_assert(depthwise_conv_1d<>::output({1, 100, 7}) == shape{1, 100, 7} &&
              depthwise_conv_1d<>::over({1, 100, 7}).groups == 7);
static_assert(depthwise_conv_1d<sign, kernel<5>, stride<2>>::output({1, 101, 7}) == shape{1, 51, 7});

// The expected lengths come from PyTorch's MaxPool1d(size, stride, padding).
static_assert(max_pool_1d<2>::output({1, 100, 7}) == shape{1, 50, 7});
static_assert(max_pool_1d<2>::output({1, 101, 7}) == shape{1, 50, 7}, "a rest that fills no window is dropped");
static_assert(max_pool_1d<3, stride<2>, padding<1>>::output({1, 100, 7}) == shape{1, 50, 7});
static_assert(average_pool_1d<4>::output({1, 100, 7}) == shape{1, 25, 7});
static_assert(average_pool_1d<4, stride<1>>::output({1, 100, 7}) == shape{1, 97, 7});
static_assert(global_average_pool::output({1, 100, 7}) == shape{1, 1, 7});

namespace {

struct along_length
    : model<signal<2, 100>, conv_1d<8, scheme<pixels, sign>, kernel<5>>, max_pool_1d<2>, batch_norm,
            chain<depthwise_conv_1d<minw<2, 2>, stride<2>>, bias>, average_pool_1d<5>, residual<conv_1d<8, minw<1, 1>>>,
            conv_1d<6, minw<1, 2>, groups<2>, kernel<2>, padding<0>>, dense<3, sign>> {};
struct along_width
    : model<signal<2, 100>, conv<8, scheme<pixels, sign>, kernel<1, 5>>, max_pool<2, kernel<1, 2>, stride<1, 2>>,
            batch_norm, chain<depthwise_conv<minw<2, 2>, kernel<1, 3>, stride<1, 2>>, bias>,
            average_pool<5, kernel<1, 5>, stride<1, 5>>, residual<conv<8, minw<1, 1>, kernel<1, 3>>>,
            conv<6, minw<1, 2>, groups<2>, kernel<1, 2>, padding<0>>, dense<3, sign>> {};

}  // namespace

TEST_SUITE("layers/signal") {
  TEST_CASE("a model of signals is that of maps of height 1, and reads its files") {
    CHECK(layer_graph<along_length>::fingerprint == layer_graph<along_width>::fingerprint);
    CHECK(layer_graph<along_length>::output == shape{1, 1, 3});
    REQUIRE(layer_graph<along_length>::count == layer_graph<along_width>::count);
    for (std::size_t i = 0; i < layer_graph<along_length>::count; ++i)
      CHECK(layer_graph<along_length>::paths[i] == layer_graph<along_width>::paths[i]);
    for (std::size_t i = 0; i < weight_shapes<along_length>.size(); ++i) {
      CHECK(weight_shapes<along_length>[i].path == weight_shapes<along_width>[i].path);
      CHECK(weight_shapes<along_length>[i].window == weight_shapes<along_width>[i].window);
    }
  }

  TEST_CASE("names stand for maps of height 1") {
    CHECK(conv_1d<64, sign, kernel<9>, stride<2>>::name().view() == "conv<64,sign,1x9,stride 1x2,padding 0x4>");
    CHECK(depthwise_conv_1d<sign>::name() == depthwise_conv<sign, kernel<1, 3>>::name());
    CHECK(max_pool_1d<2>::name() == max_pool<2, kernel<1, 2>, stride<1, 2>>::name());
    CHECK(average_pool_1d<3, padding<1>>::name().view() == "average_pool<1x3,stride 1x3,padding 0x1>");
  }

  TEST_CASE("refuse a window that is longer than the padded signal") {
    CHECK(conv_1d<8, sign, kernel<9>, padding<1>>::check({1, 6, 2}) == fault::longer_than_signal);
    CHECK(conv_1d<8, sign, kernel<9>, padding<1>>::check({1, 7, 2}) == fault::none);
    CHECK(depthwise_conv_1d<sign, kernel<9>, padding<0>>::check({1, 8, 2}) == fault::longer_than_signal);
    CHECK(max_pool_1d<3>::check({1, 2, 2}) == fault::longer_than_signal);
    CHECK(average_pool_1d<3>::check({1, 3, 2}) == fault::none);
    CHECK(conv_1d<8, sign, groups<2>>::check({1, 9, 3}) == fault::uneven_groups);
  }

  TEST_CASE("refuse maps of more rows") {
    CHECK(conv_1d<8>::check({2, 9, 3}) == fault::not_a_signal);
    CHECK(depthwise_conv_1d<>::check({9, 1, 3}) == fault::not_a_signal);
    CHECK(max_pool_1d<2>::check({8, 8, 3}) == fault::not_a_signal);
    CHECK(average_pool_1d<2>::check({8, 8, 3}) == fault::not_a_signal);
    CHECK(conv_1d<8>::check({1, 1, 3}) == fault::none);
  }

  TEST_CASE("a square window on a signal is a fault of its own") {
    CHECK(max_pool<2>::check({1, 100, 8}) == fault::higher_than_signal);
    CHECK(average_pool<2>::check({1, 100, 8}) == fault::higher_than_signal);
    CHECK(conv<8, sign, padding<0>>::check({1, 100, 8}) == fault::higher_than_signal);
    CHECK(max_pool<2>::check({1, 1, 8}) == fault::window_too_large);
    CHECK(max_pool<2, kernel<1, 2>>::check({1, 100, 8}) == fault::none);
  }
}
