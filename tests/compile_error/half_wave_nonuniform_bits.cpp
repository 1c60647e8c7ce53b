// expect: minnow: half_wave_nonuniform has 2 to 4 bits
#include <minnow/quantize/methods.hpp>

constexpr float unit = minnow::half_wave_nonuniform<5>::unit;
