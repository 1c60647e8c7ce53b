// expect-success
// Training, packing and running behind the macros of neighbours that xsimd and xtensor survive.
#include "../macros/other_libraries.hpp"
// Behind them:
#include <minnow/minnow.hpp>

#include "../warnings/train.cpp"
