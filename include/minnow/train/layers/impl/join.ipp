#pragma once

#include <minnow/train/layers/join.hpp>

#include <cstddef>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
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

MINNOW_INLINE void trainable_scale_positions::forward(const activations& body, const activations& other,
                                                      activations& out, const pass&) {
  body_ = body;
  other_ = other;
  const int channels = body.dimensions.channels;
  for_rows(body.rows(), channels, [&](std::size_t row, int c, auto count) {
    const std::size_t at = row * index(channels) + index(c);
    const vector value = load(body.data + at, count) * vector(body.scale);
    store(out.data + at, value * vector(other.data[row] * other.scale), count);
  });
}

MINNOW_INLINE void trainable_scale_positions::backward(const activations& out, const float* grad_out, float* grad_body,
                                                       float* grad_other, const pass&) {
  const int channels = out.dimensions.channels;
  for_pieces(out.rows(), [&](std::size_t first, std::size_t count) {
    for (std::size_t row = first; row < first + count; ++row) {
      const vector factor(other_.data[row] * other_.scale);
      vector sum(0.0f);
      for_vectors(channels, [&](int c, auto lanes_of_c) {
        const std::size_t at = row * index(channels) + index(c);
        const vector g = load(grad_out + at, lanes_of_c);
        if (grad_other != nullptr) sum += g * load(body_.data + at, lanes_of_c);
        if (grad_body != nullptr) store(grad_body + at, g * factor, lanes_of_c);
      });
      if (grad_other != nullptr) grad_other[row] = total(sum) * body_.scale;
    }
  });
}

}  // namespace minnow::detail
