#pragma once

#include <minnow/train/layers/channel_magnitude.hpp>

#include <cstddef>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

MINNOW_INLINE void trainable_channel_magnitude::forward(const activations& in, activations& out, const pass&) {
  for_pieces(in.rows(), [&](std::size_t first, std::size_t count) {
    for (std::size_t row = first; row < first + count; ++row)
      out.data[row] = channel_magnitude::of(in.data + row * index(channels_), channels_);
  });
}

MINNOW_INLINE void trainable_channel_magnitude::backward(const activations& in, const activations&,
                                                         const float* grad_out, float* grad_in, const pass&) {
  if (grad_in == nullptr) return;
  for_rows(in.rows(), channels_, [&](std::size_t row, int c, auto count) {
    using scalar::select;
    const std::size_t at = row * index(channels_) + index(c);
    const vector x = load(in.data + at, count), g(grad_out[row] / static_cast<float>(channels_)), zero(0.0f);
    store(grad_in + at, select(x > zero, g, select(x < zero, zero - g, zero)), count);
  });
}

}  // namespace minnow::detail
