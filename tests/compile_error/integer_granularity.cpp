// expect: minnow: the granularity of a quantizer is per_tensor or per_channel
#include <minnow/model.hpp>

constexpr int bits = minnow::integer<8, minnow::sign>::bits;
