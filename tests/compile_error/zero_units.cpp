// expect: minnow: a dense layer has at least one unit
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, dense<0>> {};

constexpr auto output = layer_graph<net>::output;
