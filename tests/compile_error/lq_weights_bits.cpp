// expect: minnow: lq_weights has 2 to 4 bits
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::lq_weights<5>::bits;
