// expect: minnow: this quantizer is for inputs, not for weights
// expect-gcc: minnow::fault::weight_quantizer, 1, minnow::conv<4, minnow::pixels>, minnow::shape{8, 8, 3}
// expect-clang: minnow::fault::weight_quantizer, 1, minnow::conv<4, minnow::pixels>
// expect-clang: {8, 8, 3}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4, scheme<sign, pixels>>> {};

constexpr auto output = layer_graph<net>::output;
