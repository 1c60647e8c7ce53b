#pragma once

// Runs a packed network that the CMake function minnow_dispatch compiled for several processors. Needs only the
// standard library, not xsimd or xtensor.
#include <minnow/dispatch/dispatched.hpp>
