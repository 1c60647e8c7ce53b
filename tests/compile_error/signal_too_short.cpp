// expect: minnow: the layer's window is longer than the padded signal
// expect-gcc: minnow::fault::longer_than_signal, 1, minnow::conv_1d<8, minnow::sign, minnow::kernel<9, 9>, minnow::padding<0, 0, 0, 0> >, minnow::shape{1, 5, 4}
// expect-clang: minnow::fault::longer_than_signal, 1, minnow::conv_1d<8, minnow::sign, minnow::kernel<9>, minnow::padding<0>>
// expect-clang: {1, 5, 4}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<signal<4, 10>, max_pool_1d<2>, conv_1d<8, sign, kernel<9>, padding<0>>, dense<10>> {};

constexpr auto output = layer_graph<net>::output;
