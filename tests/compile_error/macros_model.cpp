// expect-success
// Compiles descriptions of models and their fingerprints after macros that the headers of other libraries define.
#include "../macros/neighbors.hpp"
// Included after the macros:
#include <minnow/model.hpp>

namespace mn = minnow;

struct graph
    : mn::model<mn::image<3, 12, 12>, mn::conv<8, mn::scheme<mn::pixels, mn::integer<8>>>, mn::batch_norm, mn::relu,
                mn::residual<mn::chain<mn::conv<8, mn::minw<1, 1>>, mn::batch_norm>>,
                mn::dense_block<2, mn::conv<4, mn::minw<2, 3>>>,
                mn::depthwise_conv<mn::scheme<mn::integer<8>, mn::integer<4, mn::per_channel>>, mn::kernel<5>>,
                mn::batch_norm, mn::relu6, mn::conv<10, mn::minw<2, 2>, mn::groups<2>>,
                mn::max_pool<3, mn::stride<2>, mn::padding<1>>, mn::hard_tanh, mn::conv<6, mn::minw<16, 1>>,
                mn::average_pool<2>, mn::dense<4, mn::scheme<mn::unsigned_integer<4>, mn::power_of_two<3>>>, mn::bias> {
};
static_assert(mn::layer_graph<graph>::fingerprint != 0);
static_assert(mn::layer_graph<mn::model<mn::signal<2, 40>, mn::dense<3, mn::minw<1, 1>>>>::output ==
              mn::shape{1, 1, 3});
static_assert(mn::layer_graph<mn::model<mn::features<9>, mn::dense<3, mn::minw<2, 2>>>>::output == mn::shape{1, 1, 3});
static_assert(mn::power_of_two<3>::code(0.5f, {}) == 2.0f && mn::sign::code(0.5f, {}) == 1.0f &&
              mn::integer<8>::bits == 8);
