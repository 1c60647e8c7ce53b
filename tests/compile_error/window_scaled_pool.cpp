// expect: minnow: window_scaled takes conv<Filters, Scheme, Options...> or dense<Units, Scheme>
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<4, 8, 8>, window_scaled<max_pool<2>>> {};

constexpr auto output = layer_graph<net>::output;
