// expect: minnow: a window_scaled product has no groups, because its scale is the mean over all channels
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<4, 8, 8>, window_scaled<conv<8, minw<1, 1>, groups<2>>>> {};

constexpr auto output = layer_graph<net>::output;
