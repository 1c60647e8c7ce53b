// expect: minnow: -ffast-math, or a part of it (-Ofast, -ffinite-math-only, -funsafe-math-optimizations), switches off checks for NaN
// flags: -ffinite-math-only
#include <minnow/model.hpp>
