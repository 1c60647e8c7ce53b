// expect: minnow: syq_weights has 1 or 2 bits
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::syq_weights<3>::bits;
