// expect: minnow: where pixels take the image as its bytes, no other layer may read the image
// expect-gcc: minnow::fault::image_shared, 0, minnow::quantize<minnow::pixels>, minnow::shape{8, 8, 3}
// expect-clang: minnow::fault::image_shared, 0, minnow::quantize<minnow::pixels>
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, concatenated<conv<4, scheme<pixels, sign>>>> {};

constexpr auto output = layer_graph<net>::output;
