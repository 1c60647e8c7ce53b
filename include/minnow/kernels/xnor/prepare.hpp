#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/region.hpp>

/// Values that the XNOR kernels compute once per network or once per image. Per network: the number of ternary weights
/// that are not 0, popcount(n) in xnor/pairs.hpp. Per image: pairs of words of bit inputs, or the number of ternary
/// inputs in each window that are not 0, popcount(z) in xnor/pairs.hpp. The cost of these values is small compared with
/// the product, which reads every input once for each tap (kernel position) and filter.
namespace minnow::kernels::detail {

/// Bytes of the table that xnor_prepare() fills, which holds the number of weights that are not 0 for each tap and
/// filter of ternary weights; 0 for bit weights.
template <encoding In, encoding Weights>
[[nodiscard]] constexpr std::size_t xnor_prepared_bytes(const geometry& g) noexcept {
  if (Weights != encoding::ternary) return 0;
  const auto taps = index(g.kernel.height * g.kernel.width);
  return taps * index(sum_stride(g.out.channels)) * sizeof(std::int32_t);
}

/// Fills the table [taps][sum_stride(F)] with the numbers of weights that are not 0, for ternary weights only.
template <encoding In, encoding Weights>
void xnor_prepare([[maybe_unused]] const geometry& g, [[maybe_unused]] const std::byte* weights,
                  [[maybe_unused]] std::int32_t* table) noexcept {
  if constexpr (Weights == encoding::ternary) {
    const int words = channel_words(g.in.channels);
    const int taps = g.kernel.height * g.kernel.width;
    const int stride = sum_stride(g.out.channels);
    for (int i = 0; i < taps * stride; ++i) table[i] = 0;
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      const int filters = filters_of(g.out.channels, block);
      for (int tap = 0; tap < taps; ++tap)
        for (int step = 0; step < words; ++step) {
          for (int f = 0; f < filters; ++f, weights += 4)
            table[tap * stride + block * block_filters + f] += std::popcount(load32(weights));
          weights += filters * 4;  // skips the plane of signs
        }
    }
  }
}

/// Converts pairs of 32-bit words (w0, w1) -> (w0, w0 ^ w1). The function is its own inverse.
inline void pair_words(const std::byte* from, std::size_t pairs, std::byte* to) noexcept {
  for (std::size_t i = 0; i < pairs; ++i) {
    std::uint64_t both;
    std::memcpy(&both, from + i * 8, 8);
    both ^= std::endian::native == std::endian::little ? both << 32 : both >> 32;
    std::memcpy(to + i * 8, &both, 8);
  }
}

/// Copies a packed map of bits with the words of each pixel in pairs (w0, w0 ^ w1). If the number of words is odd, the
/// last word is copied unchanged.
inline void pair_pixels(const std::byte* from, int pixels, int words, std::byte* to) noexcept {
  if (words % 2 == 0) return pair_words(from, index(pixels) * index(words / 2), to);
  for (int pixel = 0; pixel < pixels; ++pixel, from += words * 4, to += words * 4) {
    pair_words(from, index(words / 2), to);
    std::memcpy(to + (words - 1) * 4, from + (words - 1) * 4, 4);
  }
}

/// Bytes of scratch for one call. bit x bit: the map with paired words. ternary x bit: the number of inputs that are
/// not 0, for each input pixel and for each window. Other pairs: 0.
template <encoding In, encoding Weights>
[[nodiscard]] constexpr std::size_t xnor_scratch_bytes(const geometry& g) noexcept {
  const auto bytes = [](const shape& s) { return index(s.pixels()) * sizeof(std::int32_t); };
  if (In == encoding::bit && Weights == encoding::bit) return input_bytes<In>(g.in);
  if (In == encoding::ternary && Weights == encoding::bit) return bytes(g.in) + bytes(g.out);
  return 0;
}

/// Keeps compilers from vectorizing a loop of a few iterations. Vectorization would cost more than it saves there.
inline void stay_scalar([[maybe_unused]] std::int32_t& number) noexcept {
#ifdef __GNUC__
  __asm__("" : "+r"(number));
#endif
}

/// Computes the number of inputs that are not 0 for each window of the output rows [first_row, last_row).
///
/// counts   [in.pixels], scratch
/// windows  [out.pixels], result
inline void count_windows(const geometry& g, const std::byte* inputs, std::int32_t* counts, std::int32_t* windows,
                          int first_row, int last_row) noexcept {
  const int words = channel_words(g.in.channels);
  const int_range read = g.y_axis().reached({first_row, last_row});
  for (int pixel = read.first * g.in.width; pixel < read.last * g.in.width; ++pixel) {
    const std::byte* planes = inputs + static_cast<std::ptrdiff_t>(pixel) * words * 8;
    std::int32_t total = 0;
    for (int i = 0; i < words; ++i, planes += 8) {
      total += std::popcount(load32(planes));
      stay_scalar(total);
    }
    counts[pixel] = total;
  }
  // Each tap is added for a whole row of windows. Compilers vectorize the loop over the windows if the stride is 1.
  for_each_region(g, first_row, last_row, 1, [&](const region& r) {
    for (int y = r.y.first; y < r.y.last; ++y) {
      std::int32_t* to = windows + y * g.out.width + r.x.first;
      for (int x = 0; x < r.x.size(); ++x) to[x] = 0;
      for (int ky = 0; ky < r.rows(); ++ky)
        for (int kx = 0; kx < r.segment_steps(); ++kx) {
          const std::int32_t* at = counts + r.input_step(y, r.x.first) + ky * r.input_row_steps() + kx;
          if (g.stride.width == 1) {
            for (int x = 0; x < r.x.size(); ++x) to[x] += at[x];
          } else {
            for (int x = 0; x < r.x.size(); ++x) to[x] += at[static_cast<std::ptrdiff_t>(x) * g.stride.width];
          }
        }
    }
  });
}

}  // namespace minnow::kernels::detail
