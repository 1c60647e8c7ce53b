// expect: minnow: this quantizer is for inputs, not for weights
// expect-gcc: minnow::fault::weight_quantizer, 1, minnow::conv<4, minnow::unsigned_integer<8>
// expect-clang: minnow::fault::weight_quantizer, 1, minnow::conv<4, minnow::unsigned_integer<8>
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4, scheme<sign, unsigned_integer<8>>>> {};

constexpr auto output = layer_graph<net>::output;
