#pragma once

// Two networks for the tests of what all networks can do.

#include <minnow/model.hpp>

namespace minnow::test {

/// A layer of every kind, a chain among them; three products of other schemes.
struct small : model<image<2, 6, 6>, chain<conv<4, scheme<pixels, sign>>, batch_norm>, max_pool<2>,
                     chain<conv<5, minw<2, 1>>, bias, relu>, dense<3, scheme<sign, integer<4>>>> {};
/// Without any quantizer.
struct small_real : model<features<4>, dense<3>, hard_tanh, dense<2>> {};

}  // namespace minnow::test
