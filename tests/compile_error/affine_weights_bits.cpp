// expect: minnow: affine_weights has 2 to 7 bits
#include <minnow/quantize/methods/affine.hpp>

constexpr int bits = minnow::affine_weights<8>::bits;
