#include <minnow/train/weight_shapes.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/pool.hpp>

namespace mn = minnow;

namespace {

struct of_each_kind
    : mn::model<mn::image<3, 8, 10>, mn::chain<mn::conv<4, mn::minw<1, 1>, mn::kernel<3, 5>>, mn::batch_norm>,
                mn::max_pool<2>, mn::dense<7>, mn::bias, mn::dense<2, mn::minw<1, 1>>> {};
struct none : mn::model<mn::features<3>, mn::bias> {};

constexpr auto shapes = mn::weight_shapes<of_each_kind>;
static_assert(shapes.size() == 3);
static_assert(shapes[0].path == "0.0" && shapes[0].filters == 4 && !shapes[0].flattens);
static_assert(shapes[0].window == mn::shape{3, 5, 3});
static_assert(shapes[1].path == "2" && shapes[1].filters == 7 && shapes[1].flattens);
static_assert(shapes[1].window == mn::shape{4, 5, 4});
static_assert(shapes[2].path == "4" && shapes[2].filters == 2 && shapes[2].flattens);
static_assert(shapes[2].window == mn::shape{1, 1, 7});
static_assert(mn::weight_shapes<none>.empty());

// Weights of grouped convolutions have the channels of one group. The weights of convolutions along a signal have one
// spatial axis.
struct grouped : mn::model<mn::signal<6, 9>, mn::conv<4, mn::real, mn::kernel<1, 3>, mn::groups<2>>,
                           mn::depthwise_conv<mn::real, mn::kernel<1, 5>>, mn::conv<2>, mn::dense<2>> {};
constexpr auto of_groups = mn::weight_shapes<grouped>;
static_assert(of_groups[0].window == mn::shape{1, 3, 3} && of_groups[0].of_signal);
static_assert(of_groups[1].filters == 4 && of_groups[1].window == mn::shape{1, 5, 1} && of_groups[1].of_signal);
static_assert(of_groups[2].window == mn::shape{3, 3, 4} && !of_groups[2].of_signal);
static_assert(!of_groups[3].of_signal && !shapes[0].of_signal);

}  // namespace

TEST_SUITE("train/weight_shapes") {
  TEST_CASE("each product has the weights of its window, a dense layer has the weights of the map before it") {
    CHECK_EQ(shapes[1].filters * shapes[1].window.size(),
             mn::layer_graph<of_each_kind>::layer<4>::over({4, 5, 4}).weights());
    CHECK_EQ(of_groups[0].filters * of_groups[0].window.size(),
             mn::layer_graph<grouped>::layer<0>::over({1, 9, 6}).weights());
    CHECK_EQ(of_groups[1].filters * of_groups[1].window.size(),
             mn::layer_graph<grouped>::layer<1>::over({1, 9, 4}).weights());
  }
}
