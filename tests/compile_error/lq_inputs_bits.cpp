// expect: minnow: lq_inputs has 1 to 4 bits
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::lq_inputs<0>::bits;
