#pragma once

// Runs a packed network whose constants are in read-only memory, on processors without an operating system. Includes
// `firmware` and the descriptions of models (minnow/model.hpp). Needs no heap, exceptions, run-time type information,
// streams or xsimd.
#include <minnow/firmware/network.hpp>
#include <minnow/model.hpp>
