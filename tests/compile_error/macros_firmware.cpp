// expect-success
// Compiles a device's program, with every kernel, after the macros of other headers.
#include "../macros/neighbors.hpp"
// Included after the macros:
#include <minnow/firmware.hpp>

#include "../warnings/device.cpp"
