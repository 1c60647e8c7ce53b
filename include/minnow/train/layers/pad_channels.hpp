#pragma once

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/pad_channels.hpp>
#include <minnow/train/layer_base.hpp>

namespace minnow {

namespace detail {

/// The trainable pad_channels, for any number of channels and any estimator.
class trainable_pad_channels : public layer_base {
public:
  explicit trainable_pad_channels(int channels) noexcept : channels_(channels) {}

  MINNOW_INLINE void forward(const activations& in, activations& out, const pass&) override;

  MINNOW_INLINE void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                              const pass&) override;

private:
  int channels_;
};

}  // namespace detail

template <int Channels, class Estimator>
class trainable<pad_channels<Channels>, Estimator> : public detail::trainable_pad_channels {
public:
  explicit trainable(shape) noexcept : trainable_pad_channels(Channels) {}
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/pad_channels.ipp>
#endif
