// expect-success
// Compiles the program of a device, which uses every kernel, after macros that the headers of other libraries define.
#include "../macros/neighbors.hpp"
// Included after the macros:
#include <minnow/firmware.hpp>

#include "../warnings/device.cpp"
