#pragma once

#include <minnow/fit/reestimate_batch_norm.hpp>

namespace minnow {

/// Amount of data that `calibrate` uses. The seed determines the order of the images.
struct calibrate_options {
  int batches = 30;  ///< number of batches, at least 1; all batches if there are fewer
  int batch = 128;   ///< images per batch, at least 1; all images if there are fewer
  minnow::seed seed{};
};

/// Measures the scales of all quantizers, with fully quantized values (alpha = 1). Measures input quantizers on the
/// data, layer by layer, and repeats the measurement of weight quantizers until their scales have converged. Weights
/// and batch norm do not change. For post-training quantization, call fold_batch_norm, calibrate and pack, in this
/// order.
///
/// throws  images that are missing, have another shape, or hold a NaN; a NaN in the inputs of a layer; options out of
///         range
template <class Model, class Weights, class Inputs, class Element>
void calibrate(network<Model, Weights, Inputs>& net, const dataset<Element>& data, calibrate_options options = {}) {
  detail::check_type<Model, Element>();
  detail::pass_over(net, data, mode::calibrate, {options.batches, options.batch, options.seed}, "calibrate");
}

}  // namespace minnow
