// expect: minnow: this is not a layer (a layer is an empty type with name(), output(shape) and check(shape))
// expect: known_layer<not_a_layer, 1>
#include <minnow/model.hpp>

using namespace minnow;

struct not_a_layer {};

struct net : model<image<3, 8, 8>, conv<4>, not_a_layer> {};

constexpr auto output = layer_graph<net>::output;
