// expect: minnow: given_affine has 2 to 8 bits
#include <minnow/quantize/methods/given.hpp>

constexpr int bits = minnow::given_affine<1>::bits;
