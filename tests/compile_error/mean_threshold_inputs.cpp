// expect: minnow: this quantizer is for weights: on inputs its scale or threshold does not factor out of the product
// expect-gcc: minnow::fault::input_quantizer, 1, minnow::quantize<minnow::ternary<minnow::mean_threshold<> > >, minnow::shape{8, 8, 4}
// expect-clang: minnow::fault::input_quantizer, 1, minnow::quantize<minnow::ternary<minnow::mean_threshold<
// expect-clang: {8, 8, 4}
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4>, dense<4, scheme<ternary<mean_threshold<>>, sign>>> {};

constexpr auto output = layer_graph<net>::output;
