#pragma once

// Running a packed network that CMake's minnow_dispatch compiled for several processors. The standard library alone:
// neither xsimd nor xtensor.
#include <minnow/dispatch/dispatched.hpp>
