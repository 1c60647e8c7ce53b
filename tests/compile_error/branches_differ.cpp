// The error names the layer that adds the two branches and the shape of the body's output.
// expect: minnow: a join's branches make different shapes
// expect-gcc: minnow::fault::branches_differ, 3, minnow::add, minnow::shape{8, 8, 5}
// expect-clang: minnow::fault::branches_differ, 3, minnow::add
// expect-clang: {8, 8, 5}
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto fits = layer_graph<model<image<3, 8, 8>, conv<4>, residual<chain<conv<4>, relu>>>>::output;
constexpr auto output = layer_graph<model<image<3, 8, 8>, conv<4>, residual<chain<conv<5>, relu>>>>::output;
