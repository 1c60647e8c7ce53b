#pragma once

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/methods/weight_distribution.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/reparameterized_product.hpp>
#include <minnow/train/layers/trainable_product.hpp>

namespace minnow {

/// The trainable form of `conv`, `depthwise_conv` and `dense`.
template <product_layer Layer, class Estimator>
class trainable<Layer, Estimator> : public trainable_product<typename Layer::weights, Estimator> {
  static_assert(!detail::reparameterizes<Estimator> || !is_integer(Layer::weights::storage) ||
                    has_weight_distribution<typename Layer::weights>,
                "minnow: local_reparameterization trains weights of sign and of ternary<threshold<>>, and float "
                "weights; other quantizers need another estimator");

public:
  explicit trainable(shape in) : trainable(in, wiring<>{}) {}
  template <quantizer Inputs>
  trainable(shape in, const wiring<Inputs>&)
      : trainable_product<typename Layer::weights, Estimator>(
            Layer::over(in), detail::input_kernel::of<Inputs, typename Layer::weights, detail::is_grouped<Layer>>()) {}
};

}  // namespace minnow
