#pragma once

// Running a network out of read-only memory, for processors without an operating system: descriptions and `firmware`. No
// heap, no exceptions, no run-time type information, no streams, no xsimd.
#include <minnow/firmware/network.hpp>
#include <minnow/model.hpp>
