#pragma once

#include <minnow/train/layers/bias.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

MINNOW_INLINE void trainable_bias::forward(const activations& in, activations& out, const pass&) {
  const int channels = in.dimensions.channels;
  for_rows(in.rows(), channels, [&](std::size_t row, int c, auto count) {
    const std::size_t at = row * index(channels) + index(c);
    store(out.data + at, load(in.data + at, count) + load(values_.data() + c, count), count);
  });
}

MINNOW_INLINE void trainable_bias::backward(const activations& in, const activations&, const float* grad_out,
                                            float* grad_in, const pass&) {
  const int channels = in.dimensions.channels;
  sums_.run<1>(in.rows(), channels,
               [&](std::size_t at, int, auto count, auto&& add) { add(0, load(grad_out + at, count)); });
  for (int c = 0; c < channels; ++c) gradient_(c) = static_cast<float>(sums_.total(0, c));
  if (grad_in != nullptr) std::copy_n(grad_out, in.size(), grad_in);
}

MINNOW_INLINE void trainable_bias::parameters(const parameter_visitor& visit) {
  visit(parameter{"bias", {values_.data(), values_.size()}, {gradient_.data(), gradient_.size()}});
}

MINNOW_INLINE void trainable_bias::arrays(const array_visitor& visit) {
  visit(std::string_view("bias"), std::span<float>(values_.data(), values_.size()));
}

}  // namespace minnow::detail
