// expect: minnow: signed codes have 2 to 8 bits
#include <minnow/model.hpp>

constexpr int bits = minnow::integer<9>::bits;
