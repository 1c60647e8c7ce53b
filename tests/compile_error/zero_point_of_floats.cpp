// expect: minnow: inputs with a zero point are multiplied by weights with integer codes, not by half or real
#include <minnow/model.hpp>
#include <minnow/quantize/methods/affine.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4, scheme<affine_integer<8>, real>>> {};

constexpr auto output = layer_graph<net>::output;
