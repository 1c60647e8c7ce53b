#pragma once

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/channel_magnitude.hpp>
#include <minnow/train/layer_base.hpp>

namespace minnow {

namespace detail {

/// The trainable channel_magnitude, for any estimator. The derivative of |x| at 0 is taken as 0.
class trainable_channel_magnitude : public layer_base {
public:
  explicit trainable_channel_magnitude(shape in) noexcept : channels_(in.channels) {}

  /// Number of channels of the input.
  [[nodiscard]] int channels() const noexcept { return channels_; }

  MINNOW_INLINE void forward(const activations& in, activations& out, const pass&) override;

  MINNOW_INLINE void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                              const pass&) override;

private:
  int channels_;
};

}  // namespace detail

template <class Estimator>
class trainable<channel_magnitude, Estimator> : public detail::trainable_channel_magnitude {
public:
  using trainable_channel_magnitude::trainable_channel_magnitude;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/channel_magnitude.ipp>
#endif
