#pragma once

#include <minnow/layers/join.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// Trainable readings of joins. Each of the two inputs holds codes or values and has its own scale.
template <class Estimator>
class trainable<add, Estimator> : public join_base {
public:
  trainable(shape, shape) noexcept {}

  void forward(const activations& body, const activations& other, activations& out, const pass&) override {
    detail::for_all(out.size(), [&](std::size_t i, auto count) {
      const auto value = detail::load(body.data + i, count) * detail::vector(body.scale);
      detail::store(out.data + i,
                    detail::fused(detail::load(other.data + i, count), detail::vector(other.scale), value), count);
    });
  }

  void backward(const activations& out, const float* grad_out, float* grad_body, float* grad_other,
                const pass&) override {
    for (float* to : {grad_body, grad_other})
      if (to != nullptr)
        detail::for_all(out.size(), [&](std::size_t i, auto count) {
          detail::store(to + i, detail::load(grad_out + i, count), count);
        });
  }
};

template <class Estimator>
class trainable<concatenate, Estimator> : public join_base {
public:
  trainable(shape body, shape other) noexcept : body_(body.channels), other_(other.channels) {}

  void forward(const activations& body, const activations& other, activations& out, const pass&) override {
    detail::copy_rows(out.rows(), other_, other.scale, other.data, other_, out.data, other_ + body_);
    detail::copy_rows(out.rows(), body_, body.scale, body.data, body_, out.data + other_, other_ + body_);
  }

  void backward(const activations& out, const float* grad_out, float* grad_body, float* grad_other,
                const pass&) override {
    if (grad_other != nullptr) detail::copy_rows(out.rows(), other_, 1, grad_out, other_ + body_, grad_other, other_);
    if (grad_body != nullptr)
      detail::copy_rows(out.rows(), body_, 1, grad_out + other_, other_ + body_, grad_body, body_);
  }

private:
  int body_;
  int other_;
};

}  // namespace minnow
