#pragma once

// Expected results of products of codes: codes and sums in integers.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <minnow/core/shape.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::test {

/// Returns sums of products of codes, in 64-bit integers.
inline std::vector<std::int64_t> integer_sums(const geometry& g, int images, const std::vector<int>& in,
                                              const std::vector<int>& w) {
  std::vector<std::int64_t> out;
  for (int n = 0; n < images; ++n)
    for (int y = 0; y < g.out.height; ++y)
      for (int x = 0; x < g.out.width; ++x)
        for (int f = 0; f < g.out.channels; ++f) {
          std::int64_t sum = 0;
          for (int ky = 0; ky < g.kernel.height; ++ky)
            for (int kx = 0; kx < g.kernel.width; ++kx) {
              const int iy = y * g.stride.height + ky - g.padding.height;
              const int ix = x * g.stride.width + kx - g.padding.width;
              if (iy < 0 || ix < 0 || iy >= g.in.height || ix >= g.in.width) continue;
              const int channels = g.in.channels / g.groups;
              const int first = f / (g.out.channels / g.groups) * channels;
              for (int c = 0; c < channels; ++c)
                sum += in[static_cast<std::size_t>(((n * g.in.height + iy) * g.in.width + ix) * g.in.channels + first +
                                                   c)] *
                       w[static_cast<std::size_t>(((f * g.kernel.height + ky) * g.kernel.width + kx) * channels + c)];
            }
          out.push_back(sum);
        }
  return out;
}

/// Codes of a weight tensor by the quantizer's own scalar rule, and the scale of each filter.
template <class Q>
struct coded {
  std::vector<int> codes;
  std::vector<float> scales;

  coded(const std::vector<float>& w, int filters) {
    const std::size_t row = w.size() / static_cast<std::size_t>(filters);
    typename Q::state s{};
    for (std::size_t f = 0; f < static_cast<std::size_t>(filters); ++f) {
      if (Q::per_channel) {
        s = {};
        Q::observe(s, std::span(w).subspan(f * row, row), role::weights);
      } else if (f == 0) {
        Q::observe(s, w, role::weights);
      }
      scales.push_back(Q::scale(s));
      for (std::size_t k = 0; k < row; ++k) codes.push_back(static_cast<int>(Q::code(w[f * row + k], s)));
    }
  }
};

}  // namespace minnow::test
