// expect: minnow: a signal has at most 2^31-1 numbers
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<signal<2, 2147483647>, dense<2>> {};
constexpr auto output = layer_graph<net>::output;
