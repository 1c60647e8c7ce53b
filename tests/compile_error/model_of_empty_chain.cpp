// expect: minnow: a model has at least one layer that is no empty chain
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<features<4>, chain<>> {};
constexpr auto output = layer_graph<net>::output;
