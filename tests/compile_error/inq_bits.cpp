// expect: minnow: inq has 2 to 5 bits
#include <minnow/quantize/methods/inq.hpp>

constexpr int bits = minnow::inq<6>::bits;
