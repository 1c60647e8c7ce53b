// expect: minnow: power_of_two has 2 to 4 bits
#include <minnow/model.hpp>

constexpr int bits = minnow::power_of_two<5>::bits;
