// expect: minnow: a product takes a scheme<Inputs, Weights>, or a quantizer for its weights
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4, kernel<3>>> {};

constexpr auto output = layer_graph<net>::output;
