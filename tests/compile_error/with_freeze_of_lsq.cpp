// expect: minnow: with_freeze takes a quantizer without a learned state
#include <minnow/quantize/methods/lsq.hpp>
#include <minnow/quantize/with_freeze.hpp>

constexpr int bits = minnow::with_freeze<minnow::lsq<4>>::bits;
