// expect-success
// Compiles training, packing and inference after macros that the headers of other libraries define. Macros that xsimd
// or xtensor do not tolerate are left out.
#include "../macros/other_libraries.hpp"
// Included after the macros:
#include <minnow/minnow.hpp>

#include "../warnings/train.cpp"
