// expect: minnow: pixels can only be the inputs of the first layer
// expect-gcc: minnow::fault::pixels_not_first, 1, minnow::quantize<minnow::pixels>, minnow::shape{8, 8, 4}
// expect-clang: minnow::fault::pixels_not_first, 1, minnow::quantize<minnow::pixels>
// expect-clang: {8, 8, 4}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4>, conv<4, scheme<pixels, sign>>> {};

constexpr auto output = layer_graph<net>::output;
