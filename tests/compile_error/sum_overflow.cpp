// expect: minnow: sums of this many products do not fit in 32 bits
// expect-gcc: minnow::fault::sum_overflow, 1, minnow::dense<10, minnow::integer<8> >, minnow::shape{1, 1, 133145}
// expect-clang: minnow::fault::sum_overflow, 1, minnow::dense<10, minnow::integer<8>>
// expect-clang: {1, 1, 133145}
#include <minnow/model.hpp>

using namespace minnow;

// The sum of 133,144 products of 127 · 127 fits in a signed 32-bit integer.
constexpr auto fits = layer_graph<model<features<133144>, dense<10, scheme<integer<8>, integer<8>>>>>::output;
constexpr auto output = layer_graph<model<features<133145>, dense<10, scheme<integer<8>, integer<8>>>>>::output;
