#pragma once

#include <cstddef>

#include <minnow/layers/layer.hpp>

/// The error messages for invalid models. Each fault has a static assertion.
namespace minnow::detail {

template <fault Fault, std::size_t Index, class Layer, shape Input>
struct composition {
  static_assert(Fault != fault::window_too_large, "minnow: the layer's window is larger than its padded input");
  static_assert(Fault != fault::too_large,
                "minnow: the layer's weights and its output have at most 2^31-1 numbers each");
  static_assert(Fault != fault::higher_than_signal,
                "minnow: the layer's window is higher than its input, whose height is 1: layers of signals are "
                "conv_1d, depthwise_conv_1d, max_pool_1d and average_pool_1d");
  static_assert(Fault != fault::longer_than_signal, "minnow: the layer's window is longer than the padded signal");
  static_assert(Fault != fault::not_a_signal,
                "minnow: the layer takes signals, whose height is 1; layers of images are conv, depthwise_conv, "
                "max_pool and average_pool");
  static_assert(Fault != fault::uneven_groups,
                "minnow: a convolution's channels and its filters are multiples of its groups");
  static_assert(Fault != fault::pixels_not_first, "minnow: pixels can only be the inputs of the first layer");
  static_assert(Fault != fault::image_shared,
                "minnow: where pixels take the image as its bytes, no other layer may read the image");
  static_assert(
      Fault != fault::input_quantizer,
      "minnow: this quantizer is for weights: on inputs its scale or threshold does not factor out of the product");
  static_assert(Fault != fault::weight_quantizer, "minnow: this quantizer is for inputs, not for weights");
  static_assert(Fault != fault::zero_point,
                "minnow: inputs with a zero point are multiplied by weights with integer codes, not by half or real");
  static_assert(Fault != fault::sum_overflow, "minnow: sums of this many products do not fit in 32 bits");
  static_assert(Fault != fault::branches_differ, "minnow: a join's branches make different shapes");
  static_assert(Fault != fault::layer_specific, "minnow: the layer refuses the shape of its input");
  static constexpr bool sound = Fault == fault::none;
};

template <class Layer, std::size_t Index>
struct known_layer {
  static_assert(layer<Layer> || join_layer<Layer>,
                "minnow: this is not a layer (a layer is an empty type with name(), output(shape) and check(shape))");
  static constexpr bool value = layer<Layer> || join_layer<Layer>;
};

}  // namespace minnow::detail
