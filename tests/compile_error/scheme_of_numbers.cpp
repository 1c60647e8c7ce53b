// expect: minnow: a scheme takes two quantizers: scheme<Inputs, Weights>
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4, scheme<float, sign>>> {};

constexpr auto output = layer_graph<net>::output;
