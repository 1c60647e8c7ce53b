// expect-success
// A device's program behind the macros of neighbours, with every kernel.
#include "../macros/neighbours.hpp"
// Behind them:
#include <minnow/firmware.hpp>

#include "../warnings/device.cpp"
