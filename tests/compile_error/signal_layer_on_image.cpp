// expect: minnow: the layer takes signals, whose height is 1; layers of images are conv, depthwise_conv, max_pool and average_pool
// expect-gcc: minnow::fault::not_a_signal, 0, minnow::conv_1d<8>, minnow::shape{8, 10, 3}
// expect-clang: minnow::fault::not_a_signal, 0, minnow::conv_1d<8
// expect-clang: {8, 10, 3}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 10>, conv_1d<8>, dense<10>> {};

constexpr auto output = layer_graph<net>::output;
