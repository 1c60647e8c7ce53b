#pragma once

#include <cstddef>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/train/layers/channel_sums.hpp>
#include <minnow/train/trainable.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// A batch norm whose element-wise work is done by the quantizer after it, in the quantizer's own passes. In the
/// forward pass, the quantizer applies the affine function to each number. In the backward pass, it computes the sums
/// over the gradients that the batch norm needs.
struct deferred_norm {
  explicit deferred_norm(int channels) : scale(index(channels)), shift(scale), mean(scale), inverse_deviation(scale) {}

  std::vector<float> scale;              ///< [C]
  std::vector<float> shift;              ///< [C]
  std::vector<float> mean;               ///< [C] of the batch
  std::vector<float> inverse_deviation;  ///< [C] of the batch
  channel_sums sums;                     ///< sums of the output gradients g, and of g · normalized input
  bool summed = false;                   ///< true if `sums` were computed for this batch
};

/// Calls body(offset, value, count) for each vector of activations. If there is a deferred batch norm, the values are
/// its outputs.
template <class Body>
void for_values(const activations& in, Body&& body) {
  if (in.norm == nullptr)
    return for_all(in.size(), [&](std::size_t at, auto count) { body(at, load(in.data + at, count), count); });
  const int channels = in.dimensions.channels;
  for_rows(in.rows(), channels, [&](std::size_t row, int c, auto count) {
    const std::size_t at = row * index(channels) + index(c);
    body(at,
         fused(load(in.data + at, count), load(in.norm->scale.data() + c, count),
               load(in.norm->shift.data() + c, count)),
         count);
  });
}

/// Stores grad_in = gradient_of(offset, value, count) for each vector of activations, and computes the sums that a
/// deferred batch norm needs.
template <class Gradient>
void for_gradients(const activations& in, float* grad_in, Gradient&& gradient_of) {
  if (in.norm == nullptr)
    return for_all(in.size(), [&](std::size_t at, auto count) {
      store(grad_in + at, gradient_of(at, load(in.data + at, count), count), count);
    });
  deferred_norm& norm = *in.norm;
  norm.sums.run<2>(in.rows(), in.dimensions.channels, [&](std::size_t at, int c, auto count, auto&& add) {
    const vector x = load(in.data + at, count);
    const vector g =
        gradient_of(at, fused(x, load(norm.scale.data() + c, count), load(norm.shift.data() + c, count)), count);
    store(grad_in + at, g, count);
    add(0, g);
    add(1, g * ((x - load(norm.mean.data() + c, count)) * load(norm.inverse_deviation.data() + c, count)));
  });
  norm.summed = true;
}

}  // namespace minnow::detail
