#pragma once

#include <cstdint>
#include <span>

#include <minnow/core/parallel.hpp>
#include <minnow/train/trainable.hpp>

namespace minnow::detail {

/// Sums of products of codes in 32-bit integers, for those that a float's 24 bits would round (8 x 8 bits from K = 1041).
/// Evaluation only needs it, so it is the plain loop.
///
/// in (N,H,W,C) codes -> out (N,H',W',F) the integer sums, each rounded once to a float
inline void exact_sums(const geometry& g, const activations& in, std::span<const float> weight_codes, float* out) {
  const auto row = static_cast<std::size_t>(g.inputs());
  parallel_for(in.images * g.out.height, [&](int line) {
    const int n = line / g.out.height;
    const int y = line % g.out.height;
    const float* image = in.data + static_cast<std::size_t>(n) * static_cast<std::size_t>(g.in.size());
    float* to = out + static_cast<std::size_t>(line) * static_cast<std::size_t>(g.out.width * g.out.channels);
    for (int x = 0; x < g.out.width; ++x)
      for (int f = 0; f < g.out.channels; ++f) {
        std::int32_t sum = 0;
        for (int ky = 0; ky < g.kernel.height; ++ky)
          for (int kx = 0; kx < g.kernel.width; ++kx) {
            const int iy = y * g.stride.height - g.padding.height + ky;
            const int ix = x * g.stride.width - g.padding.width + kx;
            if (iy < 0 || iy >= g.in.height || ix < 0 || ix >= g.in.width) continue;
            const float* a = image + static_cast<std::size_t>((iy * g.in.width + ix) * g.in.channels);
            const float* w = weight_codes.data() + static_cast<std::size_t>(f) * row +
                             static_cast<std::size_t>((ky * g.kernel.width + kx) * g.in.channels);
            for (int c = 0; c < g.in.channels; ++c) sum += static_cast<std::int32_t>(a[c]) * static_cast<std::int32_t>(w[c]);
          }
        *to++ = static_cast<float>(sum);
      }
  });
}

}  // namespace minnow::detail
