// expect: minnow: given_integer has codes from -127 to 127, or from 0 to 255, and a code above 0
#include <minnow/quantize/methods/given.hpp>

constexpr int bits = minnow::given_integer<-128, 127>::bits;
