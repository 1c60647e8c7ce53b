#pragma once

#include <minnow/core/shape.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/train/layer_base.hpp>

namespace minnow {

namespace detail {

/// Max and average pooling. An average adds the window's elements inside the image row by row, and multiplies the sum
/// by 1 / (kernel height · kernel width). The packed network computes it in the same way.
template <bool Averages>
class trainable_pool : public layer_base {
public:
  explicit trainable_pool(const geometry& windows) noexcept : geometry_(windows) {}

  void forward(const activations& in, activations& out, const pass&) override;

  void backward(const activations& in, const activations& out, const float* grad_out, float* grad_in,
                const pass&) override;

private:
  [[nodiscard]] float share() const noexcept {
    return 1.0f / static_cast<float>(geometry_.kernel.height * geometry_.kernel.width);
  }

  /// Calls body(offset of the output, count, taps) for each vector of channels. taps(each) calls each(offset of the
  /// input) for each element of the window inside the image.
  template <class Body>
  inline void windows(const activations& in, Body&& body) const noexcept;

  geometry geometry_;
};

#if defined(MINNOW_COMPILED)
extern template class trainable_pool<false>;
extern template class trainable_pool<true>;
#endif

}  // namespace detail

template <pool_layer Layer, class Estimator>
class trainable<Layer, Estimator> : public detail::trainable_pool<Layer::averages> {
public:
  explicit trainable(shape in) noexcept : detail::trainable_pool<Layer::averages>(Layer::pool_over(in)) {}
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/pool.ipp>
#endif
