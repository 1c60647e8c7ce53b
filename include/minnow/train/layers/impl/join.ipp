#pragma once

#include <minnow/train/layers/join.hpp>

#include <cstddef>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

MINNOW_INLINE void trainable_add::forward(const activations& body, const activations& other, activations& out,
                                          const pass&) {
  for_all(out.size(), [&](std::size_t i, auto count) {
    const auto value = load(body.data + i, count) * vector(body.scale);
    store(out.data + i, fused(load(other.data + i, count), vector(other.scale), value), count);
  });
}

MINNOW_INLINE void trainable_add::backward(const activations& out, const float* grad_out, float* grad_body,
                                           float* grad_other, const pass&) {
  for (float* to : {grad_body, grad_other})
    if (to != nullptr)
      for_all(out.size(), [&](std::size_t i, auto count) { store(to + i, load(grad_out + i, count), count); });
}

MINNOW_INLINE void trainable_concatenate::forward(const activations& body, const activations& other, activations& out,
                                                  const pass&) {
  copy_rows(out.rows(), other_, other.scale, other.data, other_, out.data, other_ + body_);
  copy_rows(out.rows(), body_, body.scale, body.data, body_, out.data + other_, other_ + body_);
}

MINNOW_INLINE void trainable_concatenate::backward(const activations& out, const float* grad_out, float* grad_body,
                                                   float* grad_other, const pass&) {
  if (grad_other != nullptr) copy_rows(out.rows(), other_, 1, grad_out, other_ + body_, grad_other, other_);
  if (grad_body != nullptr) copy_rows(out.rows(), body_, 1, grad_out + other_, other_ + body_, grad_body, body_);
}

}  // namespace minnow::detail
