// expect: minnow: the layer's window is higher than its input, whose height is 1: layers of signals are conv_1d, depthwise_conv_1d, max_pool_1d and average_pool_1d
// expect-gcc: minnow::fault::higher_than_signal, 1, minnow::max_pool<3, minnow::stride<2, 2> >, minnow::shape{1, 100, 8}
// expect-clang: minnow::fault::higher_than_signal, 1, minnow::max_pool<3, minnow::stride<2>>
// expect-clang: {1, 100, 8}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<signal<2, 100>, conv_1d<8>, max_pool<3, stride<2>>, dense<10>> {};

constexpr auto output = layer_graph<net>::output;
