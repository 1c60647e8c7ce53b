// expect: minnow: the layer refuses the shape of its input
// expect-gcc: minnow::fault::layer_specific, 1, halves, minnow::shape{8, 8, 5}
// expect-clang: minnow::fault::layer_specific, 1, halves
// expect-clang: {8, 8, 5}
#include <minnow/model.hpp>

using namespace minnow;

struct halves {
  static constexpr text name() { return "halves"; }
  static constexpr shape output(shape in) { return {in.height, in.width, in.channels / 2}; }
  static constexpr fault check(shape in) { return in.channels % 2 == 0 ? fault::none : fault::layer_specific; }
};

constexpr auto fits = layer_graph<model<image<3, 8, 8>, conv<4>, halves>>::output;
constexpr auto output = layer_graph<model<image<3, 8, 8>, conv<5>, halves>>::output;
