#pragma once

// Runs a network from read-only memory, on processors without an operating system. Includes the descriptions of models
// and `firmware`. Needs no heap, exceptions, run-time type information, streams or xsimd.
#include <minnow/firmware/network.hpp>
#include <minnow/model.hpp>
