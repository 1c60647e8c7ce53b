// expect: minnow: max_sum_bits: one input of the largest code has more bits than the sum
#include <minnow/model.hpp>

using bounded =
    minnow::max_sum_bits<8, minnow::scheme<minnow::unsigned_integer<8>, minnow::integer<4, minnow::per_channel>>>;
constexpr int bits = bounded::weights::bits;
