// expect-success
// Compiles training, packing and running after the macros of other headers that xsimd and xtensor tolerate.
#include "../macros/other_libraries.hpp"
// Included after the macros:
#include <minnow/minnow.hpp>

#include "../warnings/train.cpp"
