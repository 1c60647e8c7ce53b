// expect: minnow: a convolution's channels and its filters are multiples of its groups
// expect-gcc: minnow::fault::uneven_groups, 2, minnow::conv<16, minnow::sign, minnow::groups<4> >, minnow::shape{12, 10, 6}
// expect-clang: minnow::fault::uneven_groups, 2, minnow::conv<16, minnow::sign, minnow::groups<4>>
// expect-clang: {12, 10, 6}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 12, 10>, conv<6>, batch_norm, conv<16, sign, groups<4>>, dense<10>> {};

constexpr auto output = layer_graph<net>::output;
