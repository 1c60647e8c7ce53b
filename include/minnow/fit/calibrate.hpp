#pragma once

#include <minnow/fit/settle.hpp>

namespace minnow {

/// How much data `calibrate` takes, in the order that the seed gives.
struct calibrate_options {
  int batches = 30;  ///< at least 1; no more than there are
  int batch = 128;   ///< at least 1; all images where there are fewer
  minnow::seed seed{};
};

/// Measures the scales of the inputs' quantizers on data, layer after layer at alpha = 1, and those of weights until they
/// rest; weights and batch norm stay as they are. Post-training quantization is fold_batch_norm, calibrate, pack.
///
/// throws  where images are missing, of another shape, or hold a NaN; where a layer's inputs do; options outside their range
template <class Model, class Weights, class Inputs, class Element>
void calibrate(network<Model, Weights, Inputs>& net, const dataset<Element>& data, calibrate_options options = {}) {
  detail::check_type<Model, Element>();
  detail::pass_over(net, data, mode::calibrate, {options.batches, options.batch, options.seed}, "calibrate");
}

}  // namespace minnow
