#include <cstdio>
#include <exception>

#include <minnow/minnow.hpp>

namespace mn = minnow;

struct colors : mn::model<mn::image<3, 32, 32>, mn::conv<16, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<10, mn::minw<1, 1>>, mn::batch_norm> {};

// the block
