// expect: minnow: this quantizer is for weights: on inputs its scale or threshold does not factor out of the product
// expect-gcc: minnow::fault::input_quantizer, 0, minnow::quantize<minnow::integer<8, minnow::per_channel> >, minnow::shape{8, 8, 3}
// expect-clang: minnow::fault::input_quantizer, 0, minnow::quantize<minnow::integer<8, minnow::per_channel>>
// expect-clang: {8, 8, 3}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4, scheme<integer<8, per_channel>, integer<8>>>> {};

constexpr auto output = layer_graph<net>::output;
