// expect: minnow: the layer's window is larger than its padded input
// expect-gcc: minnow::fault::window_too_large, 2, minnow::conv<16, minnow::sign, minnow::kernel<9, 9>, minnow::padding<1, 1, 1, 1> >, minnow::shape{6, 5, 8}
// expect-clang: minnow::fault::window_too_large, 2, minnow::conv<16, minnow::sign, minnow::kernel<9>, minnow::padding<1>>
// expect-clang: {6, 5, 8}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 12, 10>, conv<8>, max_pool<2>, conv<16, sign, kernel<9>, padding<1>>, dense<10>> {};

constexpr auto output = layer_graph<net>::output;
