#pragma once

#include <minnow/model.hpp>

namespace app {

namespace mn = minnow;

/// The network that the demo trains at --bits 1.
struct digits
    : mn::model<mn::image<1, 28, 28>, mn::conv<32, mn::scheme<mn::pixels, mn::sign>, mn::kernel<5>>, mn::max_pool<2>,
                mn::batch_norm, mn::conv<64, mn::minw<1, 1>>, mn::max_pool<2>, mn::batch_norm,
                mn::dense<256, mn::minw<1, 1>>, mn::batch_norm, mn::dense<10, mn::minw<1, 1>>, mn::batch_norm> {};

}  // namespace app
