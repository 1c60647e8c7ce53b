// expect: minnow: affine_integer has 2 to 8 bits
#include <minnow/quantize/methods/affine.hpp>

constexpr int bits = minnow::affine_integer<1>::bits;
