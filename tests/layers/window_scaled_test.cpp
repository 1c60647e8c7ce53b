#include <minnow/layers/window_scaled.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include <minnow/layers/model.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/zoo/xnor_net.hpp>

using namespace minnow;

namespace {

using binary_scheme = scheme<sign, scaled_sign<>>;
struct scaled_windows
    : model<image<3, 9, 8>, conv<6>, window_scaled<conv<4, binary_scheme, kernel<5, 3>, stride<2, 1>>>,
            window_scaled<dense<7, binary_scheme>>, window_scaled<dense<2>>> {};
using windows = layer_graph<scaled_windows>;

// The window of the mean is the window of the convolution.
static_assert(windows::out<1> == shape{9, 8, 1});
static_assert(std::is_same_v<windows::layer<2>, average_pool<1, kernel<5, 3>, stride<2, 1>, padding<2, 1>>>);
static_assert(windows::out<2> == shape{5, 8, 1});
static_assert(windows::out<4> == shape{5, 8, 4} && windows::out<5> == shape{5, 8, 4});
static_assert(windows::out<7> == shape{1, 1, 1} && windows::out<9> == shape{1, 1, 7});
static_assert(windows::output == shape{1, 1, 2});

static_assert(join_layer<scale_positions>);
static_assert(scale_positions::check({4, 5, 6}, {4, 5, 1}) == fault::none);
static_assert(scale_positions::check({4, 5, 6}, {4, 5, 6}) == fault::branches_differ);
static_assert(scale_positions::check({4, 5, 6}, {4, 4, 1}) == fault::branches_differ);

struct of_units
    : model<image<3, 9, 8>, conv<6>, zoo::xnor_unit<4, kernel<5, 3>, stride<2, 1>>, zoo::xnor_dense_unit<7>> {};
static_assert(layer_graph<of_units>::output == shape{1, 1, 7});

}  // namespace

TEST_SUITE("layers/window_scaled") {
  TEST_CASE("both branches read the block's input; the multiplication has the block's path") {
    std::vector<std::string> paths;
    for (const text& path : windows::paths) paths.emplace_back(path.view());
    CHECK(paths == std::vector<std::string>{"0", "1.scale.0", "1.scale.1", "1.product.inputs", "1.product", "1",
                                            "2.scale.0", "2.scale.1", "2.product.inputs", "2.product", "2", "3.scale.0",
                                            "3.scale.1", "3.product", "3"});
    CHECK(windows::from<1> == 0);
    CHECK(windows::from<3> == 0);
    CHECK(windows::from<5> == 4);
    CHECK(windows::second<5> == 2);
    CHECK(windows::readers(0) == 2);
  }
}
