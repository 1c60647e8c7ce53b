#include <minnow/minnow.hpp>
#include <minnow/zoo/mobilenet.hpp>

namespace mn = minnow;

// the block

static_assert(mn::layer_graph<mn::zoo::mobilenet_v1<integers<4, 8>>>::output.channels == 1000);
