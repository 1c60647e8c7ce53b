#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include <minnow/core/error.hpp>
#include <minnow/exchange/tensors.hpp>
#include <minnow/train/network.hpp>
#include <minnow/train/weight_shapes.hpp>

/// Converts weights of networks from and to tensors with PyTorch's names and layouts.
///
/// array of minnow    in minnow                        in PyTorch    layout there
/// weights of conv    (filters, height, width, C)      weight        (filters, C, height, width); C is the channels of
///                                                                   one group, 1 for depthwise_conv
///   of a signal      (filters, 1, width, C)           weight        (filters, C, width): as in Conv1d
/// weights of dense   (units, H·W·C), map (H,W,C)      weight        (units, C·H·W): as in Linear after Flatten
/// gamma, beta        (C)                              weight, bias  (C)
/// mean, variance     (C)                              running_mean, running_var  (C)
/// others             (n)                              as in minnow  (n)
///
/// Logits of random weights (quantize/methods/weight_distribution.hpp) have the layout of weights and keep their names.
///
/// Weights of height 1 can be read from tensors with three or four extents, both for signals and for images.
///
/// thresholds of multi_threshold (C, Count)        as in minnow  (C, Count)
///
/// Quantizers' states are exchanged only with `.states`: an array `state` of n floats is a tensor `state` of n numbers.
/// Batch norm's variance is the unbiased one in both libraries, and its epsilon
/// is 1e-5 in both.
namespace minnow {

/// Maps minnow's names to PyTorch's: the path of a layer to the name of a module, {"2", "features.4"}; or an array of a
/// layer to a tensor, {"2.gamma", "features.4.scale"}, which takes precedence. Several layers may map to one module, as
/// conv and bias do to a Conv2d.
using weight_names = std::map<std::string, std::string, std::less<>>;

/// Mismatches that `load_weights` and `export_weights` tolerate.
struct weight_options {
  bool allow_unnamed = false;  ///< true: arrays without a name keep their values
  bool allow_unused = false;   ///< true: tensors that no array takes are ignored
  /// true: the tensors also hold the states of the quantizers, such as scales, and are the weights of a network that is
  /// quantized in the same way. Batch norm's statistics then count as valid
  bool states = false;
};

namespace detail {

/// products    shapes of the weights of the network's model
/// quantizes   true if any layer of the model quantizes weights, or inputs other than the image's bytes
[[nodiscard]] status read_weights(const tensors& from, network_base& net, std::span<const weight_shape> products,
                                  bool quantizes, const weight_names& names, weight_options options) noexcept;
[[nodiscard]] status write_weights(const network_base& net, std::span<const weight_shape> products,
                                   const weight_names& names, tensors& out, weight_options options) noexcept;

}  // namespace detail

/// Reads a network's weights from tensors with PyTorch's names and layouts. The weights are quantized again, with
/// measured states or, with `.states`, with the states that are read.
///
/// If the model quantizes, without `.states`, batch norm's statistics are marked as stale, because it is unknown with
/// which quantizers they were collected. `pack` refuses stale statistics until `reestimate_batch_norm` or `fit` collects
/// new ones.
///
/// refuses   arrays without a name, names without an array, tensors that are missing, of another shape or not finite
///           (or, for a variance, below 0), and tensors that no array takes (except num_batches_tracked); `net` is
///           then unchanged. With `.states`, also states outside their quantizer's bounds
template <class Model, class Weights, class Inputs>
[[nodiscard]] status read_weights(const tensors& from, network<Model, Weights, Inputs>& net, const weight_names& names,
                                  weight_options options = {}) noexcept {
  return detail::read_weights(from, net, weight_shapes<Model>, network<Model, Weights, Inputs>::quantizes, names,
                              options);
}

/// Writes a network's weights as tensors with PyTorch's names and layouts: the latent weights (the floats that training
/// updates), not their codes.
///
/// refuses   arrays without a name, names without an array, two arrays with one name, numbers that `read_weights` would
///           refuse; `out` is then unchanged
template <class Model, class Weights, class Inputs>
[[nodiscard]] status write_weights(const network<Model, Weights, Inputs>& net, const weight_names& names, tensors& out,
                                   weight_options options = {}) noexcept {
  return detail::write_weights(net, weight_shapes<Model>, names, out, options);
}

#if defined(__cpp_exceptions)

/// The throwing form of `read_weights`: load_weights(net, load_safetensors("weights.safetensors"), {{"0",
/// "features.0"}, …}).
///
/// throws   `error` if `read_weights` fails
template <class Model, class Weights, class Inputs>
void load_weights(network<Model, Weights, Inputs>& net, const tensors& from, const weight_names& names,
                  weight_options options = {}) {
  require(read_weights(from, net, names, options));
}

/// The form of `write_weights` that returns the tensors: save_safetensors(export_weights(net, names),
/// "weights.safetensors").
///
/// throws   `error` if `write_weights` fails
template <class Model, class Weights, class Inputs>
[[nodiscard]] tensors export_weights(const network<Model, Weights, Inputs>& net, const weight_names& names,
                                     weight_options options = {}) {
  tensors result;
  require(write_weights(net, names, result, options));
  return result;
}

#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/exchange/impl/weights.ipp>
#endif
