// expect: minnow: quantize takes a quantizer
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, quantize<relu>, conv<4>> {};

constexpr auto output = layer_graph<net>::output;
