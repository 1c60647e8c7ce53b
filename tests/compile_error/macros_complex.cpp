// expect-success
// flags: -std=gnu++20
#include <complex.h>
// Behind it:
#include <minnow/firmware.hpp>

#include "../warnings/device.cpp"
