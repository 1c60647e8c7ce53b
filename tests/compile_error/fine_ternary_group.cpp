// expect: minnow: fine_ternary has groups of 1 to 32767 weights
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::fine_ternary<0>::bits;
