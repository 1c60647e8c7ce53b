#pragma once

#include <minnow/core/shape.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/train/layers/trainable_product.hpp>
#include <minnow/train/trainable.hpp>

namespace minnow {

/// Trainable reading of `conv`, `depthwise_conv` and `dense`.
template <product_layer Layer, class Estimator>
class trainable<Layer, Estimator> : public trainable_product<typename Layer::weights, Estimator> {
public:
  explicit trainable(shape in) : trainable_product<typename Layer::weights, Estimator>(Layer::over(in)) {}

  template <quantizer Inputs>
  void take_inputs_of() noexcept {
    trainable_product<typename Layer::weights, Estimator>::template take_inputs_of<Inputs, detail::is_grouped<Layer>>();
  }
};

}  // namespace minnow
