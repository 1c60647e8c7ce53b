#pragma once

// Runs a packed network that CMake's minnow_dispatch compiled for several processors. Needs only the standard library,
// neither xsimd nor xtensor.
#include <minnow/dispatch/dispatched.hpp>
