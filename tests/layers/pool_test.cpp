#include <minnow/layers/pool.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/conv.hpp>
#include <minnow/layers/model.hpp>

using namespace minnow;

static_assert(pool_layer<max_pool<2>> && pool_layer<average_pool<2>> && pool_layer<global_average_pool>);
static_assert(!pool_layer<conv<8>>);
static_assert(!max_pool<2>::averages && average_pool<2>::averages && global_average_pool::averages);

// The default stride is the window's size.
static_assert(max_pool<2>::output({32, 24, 7}) == shape{16, 12, 7});
static_assert(max_pool<2>::output({33, 25, 7}) == shape{16, 12, 7}, "a rest that fills no window is dropped");
static_assert(max_pool<3, stride<2>>::output({13, 13, 7}) == shape{6, 6, 7});
static_assert(average_pool<2, kernel<1, 2>, stride<1, 2>>::output({1, 100, 7}) == shape{1, 50, 7});
static_assert(average_pool<8>::output({8, 8, 64}) == shape{1, 1, 64});
static_assert(max_pool<3, stride<2>, padding<1>>::output({112, 111, 64}) == shape{56, 56, 64}, "ResNet's");

static_assert(global_average_pool::output({7, 5, 64}) == shape{1, 1, 64});
static_assert(global_average_pool::pool_over({7, 5, 64}).kernel == extent{7, 5});
static_assert(global_average_pool::pool_over({7, 5, 64}).out == shape{1, 1, 64});

// A convolution of this shape would have more than 2^31-1 weights, which is an error. A pool has no weights, so this
// limit does not apply to it.
static_assert(layer_graph<model<image<20000, 8, 8>, max_pool<3>, average_pool<2>>>::output == shape{1, 1, 20000});

TEST_SUITE("layers/pool") {
  TEST_CASE("refuses a window that does not fit") {
    CHECK(max_pool<3>::check({2, 3, 1}) == fault::window_too_large);
    CHECK(average_pool<3>::check({3, 2, 1}) == fault::window_too_large);
    CHECK(max_pool<3>::check({3, 3, 1}) == fault::none);
    CHECK(global_average_pool::check({1, 1, 1}) == fault::none);
  }

  TEST_CASE("has stable names that tell the two kinds apart") {
    CHECK(max_pool<2>::name().view() == "max_pool<2x2,stride 2x2,padding 0x0>");
    CHECK(average_pool<3, stride<2>>::name().view() == "average_pool<3x3,stride 2x2,padding 0x0>");
    CHECK(max_pool<3, stride<2>, padding<1>>::name().view() == "max_pool<3x3,stride 2x2,padding 1x1>");
    CHECK(global_average_pool::name().view() == "global_average_pool");
  }
}
