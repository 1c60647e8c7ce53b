#pragma once

// The network whose weights are fuzzed, and the names of its tensors.

#include <cmath>

#include <minnow/exchange/weights.hpp>
#include <minnow/model.hpp>

namespace fuzz {

struct of_weights : minnow::model<minnow::image<1, 3, 3>, minnow::conv<2, minnow::minw<1, 1>>, minnow::batch_norm,
                                  minnow::dense<2, minnow::minw<2, 2>>> {};
using network = minnow::network<of_weights>;
inline const minnow::weight_names names{{"0", "conv"}, {"1", "norm"}, {"2", "fc"}};

}  // namespace fuzz
