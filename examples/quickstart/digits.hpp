#pragma once

#include "compare.hpp"

/// A small ConvNet for 28x28 digits: M bits everywhere except for the image, which stays in bytes.
template <int M, class Weights = typename mn::minw<M, M>::weights>
struct digits
    : mn::model<mn::image<1, 28, 28>, mn::conv<32, mn::scheme<mn::pixels, Weights>, mn::kernel<5>>, mn::max_pool<2>,
                mn::batch_norm, mn::conv<64, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
                mn::dense<256, mn::minw<M, M>>, mn::batch_norm, mn::dense<10, mn::minw<M, M>>, mn::batch_norm> {};

/// Two of the networks are separate translation units, compiled in parallel with the others.
void digits_of_3_bits(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r);
void digits_in_floats(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r);
