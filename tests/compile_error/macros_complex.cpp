// expect-success
// flags: -std=gnu++20
#include <complex.h>
// Included after the macros:
#include <minnow/firmware.hpp>

#include "../warnings/device.cpp"
