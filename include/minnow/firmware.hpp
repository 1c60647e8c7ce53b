#pragma once

// Runs a network out of read-only memory, on processors without an operating system: descriptions and `firmware`. Needs
// no heap, exceptions, run-time type information, streams or xsimd.
#include <minnow/firmware/network.hpp>
#include <minnow/model.hpp>
