#pragma once

#include <minnow/model.hpp>

namespace minnow::test {

/// Integers from the image to the logits' sums, so that every level gives the same logits.
struct small : model<image<3, 6, 6>, conv<17, scheme<pixels, sign>>, max_pool<2>, batch_norm, conv<20, minw<2, 1>>,
                     batch_norm, dense<5, minw<2, 1>>, batch_norm> {};

}  // namespace minnow::test
