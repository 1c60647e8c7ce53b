#pragma once

// Two networks for tests of functions that all networks have.

#include <minnow/model.hpp>

namespace minnow::test {

/// A network with a layer of every kind, chains, and three products with different schemes.
struct small : model<image<2, 6, 6>, chain<conv<4, scheme<pixels, sign>>, batch_norm>, max_pool<2>,
                     chain<conv<5, minw<2, 1>>, bias, relu>, dense<3, scheme<sign, integer<4>>>> {};
/// A network without any quantizer.
struct small_real : model<features<4>, dense<3>, hard_tanh, dense<2>> {};

}  // namespace minnow::test
