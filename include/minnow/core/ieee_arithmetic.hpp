#pragma once

// Stops the compilation if compiler options make floats deviate from IEEE 754. With these options, compilers remove
// checks for NaN and reorder sums and products, so that a packed network no longer equals the trained one. Two options
// of clang define no macro and cannot be detected: -fassociative-math and -ffp-contract=fast.
#if !defined(MINNOW_ALLOW_FAST_MATH)
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error \
    "minnow: -ffast-math, or a part of it (-Ofast, -ffinite-math-only, -funsafe-math-optimizations), switches off checks for NaN and makes packed networks differ from trained ones: compile without it, or define MINNOW_ALLOW_FAST_MATH"
#endif
#endif
