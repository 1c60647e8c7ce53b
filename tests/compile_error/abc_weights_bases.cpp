// expect: minnow: abc_weights has 1 to 5 bases
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::abc_weights<6>::bits;
