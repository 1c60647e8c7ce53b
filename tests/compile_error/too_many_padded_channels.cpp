// expect: minnow: the layer's weights and its output have at most 2^31-1 numbers each
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, pad_channels<2147483647>, dense<2>> {};
constexpr auto output = layer_graph<net>::output;
