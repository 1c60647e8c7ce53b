// The error names a layer inside a chain by its index among the primitive layers: quantize and conv count as two.
// expect: minnow: the layer's window is larger than its padded input
// expect-gcc: minnow::fault::window_too_large, 5, minnow::average_pool<8>, minnow::shape{7, 7, 4}
// expect-clang: minnow::fault::window_too_large, 5, minnow::average_pool<8>
// expect-clang: {7, 7, 4}
#include <minnow/model.hpp>

using namespace minnow;

using block = chain<conv<4, minw<1, 1>>, batch_norm>;
struct net : model<image<3, 7, 7>, block, chain<relu, hard_tanh, average_pool<8>>> {};

constexpr auto output = layer_graph<net>::output;
