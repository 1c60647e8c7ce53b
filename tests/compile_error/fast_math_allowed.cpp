// expect-success
// flags: -ffast-math -DMINNOW_ALLOW_FAST_MATH
#include <minnow/minnow.hpp>
