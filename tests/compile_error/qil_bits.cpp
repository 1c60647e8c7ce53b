// expect: minnow: qil_weights has 2 to 8 bits
#include <minnow/quantize/methods.hpp>

constexpr int bits = minnow::qil_weights<1>::bits;
