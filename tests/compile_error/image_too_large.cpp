// expect: minnow: an image has at most 2^31-1 numbers
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<1, 65536, 65536>, dense<2>> {};
constexpr auto output = layer_graph<net>::output;
