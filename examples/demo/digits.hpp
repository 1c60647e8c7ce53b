#pragma once

#include "../digits_convnet.hpp"
#include "compare.hpp"

/// Train and measure two of the networks. These two functions are in a separate translation unit, so that they compile
/// in parallel with the other networks.
void digits_of_3_bits(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r);
void digits_in_floats(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r);
