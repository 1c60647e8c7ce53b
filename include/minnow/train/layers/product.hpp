#pragma once

#include <minnow/core/shape.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/trainable_product.hpp>

namespace minnow {

/// The trainable form of `conv`, `depthwise_conv` and `dense`.
template <product_layer Layer, class Estimator>
class trainable<Layer, Estimator> : public trainable_product<typename Layer::weights, Estimator> {
public:
  explicit trainable(shape in) : trainable(in, wiring<>{}) {}
  template <quantizer Inputs>
  trainable(shape in, const wiring<Inputs>&)
      : trainable_product<typename Layer::weights, Estimator>(
            Layer::over(in), detail::input_kernel::of<Inputs, typename Layer::weights, detail::is_grouped<Layer>>()) {}
};

}  // namespace minnow
