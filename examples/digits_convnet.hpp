#pragma once

#include <minnow/model.hpp>

namespace mn = minnow;

/// A small ConvNet for 28x28 digits, with M bits for all weights and inputs except the image, which stays in bytes.
template <int M, int Width = 32>
struct digits
    : mn::model<mn::image<1, 28, 28>,
                mn::conv<Width, mn::scheme<mn::pixels, typename mn::minw<M, M>::weights>, mn::kernel<5>>,
                mn::max_pool<2>, mn::batch_norm, mn::conv<2 * Width, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
                mn::dense<8 * Width, mn::minw<M, M>>, mn::batch_norm, mn::dense<10, mn::minw<M, M>>, mn::batch_norm> {};
