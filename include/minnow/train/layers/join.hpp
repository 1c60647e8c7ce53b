#pragma once

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/join.hpp>
#include <minnow/train/layer_base.hpp>

namespace minnow {

namespace detail {

/// The trainable sum of two results, for any estimator.
class trainable_add : public join_base {
public:
  trainable_add(shape, shape) noexcept {}

  MINNOW_INLINE void forward(const activations& body, const activations& other, activations& out, const pass&) override;

  MINNOW_INLINE void backward(const activations& out, const float* grad_out, float* grad_body, float* grad_other,
                              const pass&) override;
};

/// The trainable concatenation of two results, for any estimator.
class trainable_concatenate : public join_base {
public:
  trainable_concatenate(shape body, shape other) noexcept : body_(body.channels), other_(other.channels) {}

  MINNOW_INLINE void forward(const activations& body, const activations& other, activations& out, const pass&) override;

  MINNOW_INLINE void backward(const activations& out, const float* grad_out, float* grad_body, float* grad_other,
                              const pass&) override;

private:
  int body_;
  int other_;
};

/// The trainable product of each position with one number, for any estimator.
class trainable_scale_positions : public join_base {
public:
  trainable_scale_positions(shape, shape) noexcept {}

  MINNOW_INLINE void forward(const activations& body, const activations& other, activations& out, const pass&) override;

  MINNOW_INLINE void backward(const activations& out, const float* grad_out, float* grad_body, float* grad_other,
                              const pass&) override;

private:
  // The inputs of the last forward pass. The network keeps their floats until the next forward pass.
  activations body_{};
  activations other_{};
};

}  // namespace detail

/// The trainable form of joins (layers with two inputs). Each of the two inputs holds codes or values and has its own
/// scale.
template <class Estimator>
class trainable<add, Estimator> : public detail::trainable_add {
public:
  using trainable_add::trainable_add;
};

template <class Estimator>
class trainable<concatenate, Estimator> : public detail::trainable_concatenate {
public:
  using trainable_concatenate::trainable_concatenate;
};

template <class Estimator>
class trainable<scale_positions, Estimator> : public detail::trainable_scale_positions {
public:
  using trainable_scale_positions::trainable_scale_positions;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/join.ipp>
#endif
