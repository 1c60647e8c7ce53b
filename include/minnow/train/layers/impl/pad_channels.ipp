#pragma once

#include <minnow/train/layers/pad_channels.hpp>

#include <cstddef>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

MINNOW_INLINE void trainable_pad_channels::forward(const activations& in, activations& out, const pass&) {
  for_all(out.size(), [&](std::size_t i, auto count) { store(out.data + i, vector(0.0f), count); });
  copy_rows(in.rows(), in.dimensions.channels, 1, in.data, in.dimensions.channels, out.data, channels_);
}

MINNOW_INLINE void trainable_pad_channels::backward(const activations& in, const activations&, const float* grad_out,
                                                    float* grad_in, const pass&) {
  if (grad_in != nullptr)
    copy_rows(in.rows(), in.dimensions.channels, 1, grad_out, channels_, grad_in, in.dimensions.channels);
}

}  // namespace minnow::detail
