// expect: minnow: abc_inputs has 1 to 5 bases
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::abc_inputs<0>::bits;
