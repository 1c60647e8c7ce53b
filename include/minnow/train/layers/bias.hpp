#pragma once

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/channel_sums.hpp>

namespace minnow {

namespace detail {

/// The trainable bias, for any estimator.
class trainable_bias : public layer_base {
public:
  explicit trainable_bias(shape in) : values_({index(in.channels)}), gradient_(values_) {}

  [[nodiscard]] const float_array<1>& values() const noexcept { return values_; }

  MINNOW_INLINE void forward(const activations& in, activations& out, const pass&) override;

  MINNOW_INLINE void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                              const pass&) override;

  MINNOW_INLINE void parameters(const parameter_visitor& visit) override;
  MINNOW_INLINE void arrays(const array_visitor& visit) override;

private:
  float_array<1> values_;
  float_array<1> gradient_;
  channel_sums sums_;
};

}  // namespace detail

template <class Estimator>
class trainable<bias, Estimator> : public detail::trainable_bias {
public:
  using trainable_bias::trainable_bias;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/bias.ipp>
#endif
