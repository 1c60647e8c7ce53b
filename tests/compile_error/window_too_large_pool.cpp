// expect: minnow: the layer's window is larger than its padded input
// expect-gcc: minnow::fault::window_too_large, 1, minnow::max_pool<3, minnow::stride<2, 2> >, minnow::shape{2, 100, 8}
// expect-clang: minnow::fault::window_too_large, 1, minnow::max_pool<3, minnow::stride<2>>
// expect-clang: {2, 100, 8}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<2, 2, 100>, conv<8>, max_pool<3, stride<2>>, dense<10>> {};

constexpr auto output = layer_graph<net>::output;
