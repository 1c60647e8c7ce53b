// expect: minnow: a convolution has at least one filter
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<0, minw<1, 1>>> {};

constexpr auto output = layer_graph<net>::output;
