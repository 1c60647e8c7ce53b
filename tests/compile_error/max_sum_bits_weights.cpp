// expect: minnow: max_sum_bits takes scheme<Inputs, integer<Bits, per_channel>> with inputs of integers
#include <minnow/model.hpp>

using bounded = minnow::max_sum_bits<16, minnow::scheme<minnow::unsigned_integer<8>, minnow::sign>>;
constexpr int bits = bounded::weights::bits;
