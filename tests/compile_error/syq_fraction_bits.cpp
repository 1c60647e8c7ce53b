// expect: minnow: syq_inputs has 0 to Bits fraction bits
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::syq_inputs<4, 5>::bits;
