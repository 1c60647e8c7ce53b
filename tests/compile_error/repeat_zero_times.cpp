// expect: minnow: a block is repeated at least once
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<features<4>, repeat<0, dense<4>>, dense<2>> {};
constexpr auto output = layer_graph<net>::output;
