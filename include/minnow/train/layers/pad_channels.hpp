#pragma once

#include <minnow/layers/pad_channels.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

template <int Channels, class Estimator>
class trainable<pad_channels<Channels>, Estimator> : public layer_base {
public:
  explicit trainable(shape) noexcept {}

  void forward(const activations& in, activations& out, const pass&) override {
    detail::for_all(out.size(),
                    [&](std::size_t i, auto count) { detail::store(out.data + i, detail::vector(0.0f), count); });
    detail::copy_rows(in.rows(), in.dimensions.channels, 1, in.data, in.dimensions.channels, out.data, Channels);
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass&) override {
    if (grad_in != nullptr)
      detail::copy_rows(in.rows(), in.dimensions.channels, 1, grad_out, Channels, grad_in, in.dimensions.channels);
  }
};

}  // namespace minnow
