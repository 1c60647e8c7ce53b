// expect: minnow: with_freeze takes a quantizer of weights with at most 8 bits
#include <minnow/quantize/integer.hpp>
#include <minnow/quantize/with_freeze.hpp>

constexpr int bits = minnow::with_freeze<minnow::unsigned_integer<4>>::bits;
