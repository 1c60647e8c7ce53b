#pragma once

#include <minnow/train/layer_base.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// The trainable form of any layer that applies a function of one number to each element.
template <elementwise Layer, class Estimator>
class trainable<Layer, Estimator> : public layer_base {
public:
  explicit trainable(shape) noexcept {}

  void forward(const activations& in, activations& out, const pass&) override {
    detail::for_all(in.size(), [&](std::size_t i, auto count) {
      detail::store(out.data + i, detail::apply_of<Layer>(detail::load(in.data + i, count)), count);
    });
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass&) override {
    if (grad_in == nullptr) return;
    detail::for_all(in.size(), [&](std::size_t i, auto count) {
      const auto slope = detail::slope_of<Layer>(detail::load(in.data + i, count));
      detail::store(grad_in + i, slope * detail::load(grad_out + i, count), count);
    });
  }
};

}  // namespace minnow
