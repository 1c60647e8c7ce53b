// expect: minnow: -ffast-math, or a part of it (-Ofast, -ffinite-math-only, -funsafe-math-optimizations), switches off checks for NaN
// flags: -ffast-math
#include <minnow/minnow.hpp>
