#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// Reference product in plain loops, for every pair of encodings: decode, multiply, add. Tests compare all other
/// kernels with it.
namespace minnow::kernels::reference {

namespace detail {

/// Element type of decoded codes in scratch. It has 16 bits if the sums are integers, because every SIMD instruction
/// set multiplies 16-bit numbers.
template <encoding In, encoding Weights>
using element = std::conditional_t<is_integer(In) && is_integer(Weights), std::int16_t, float>;

/// Pixels that are computed together, so that their additions do not wait for one another.
inline constexpr int tile = 4;

template <class Element>
using accumulator = std::conditional_t<std::is_same_v<Element, float>, float, std::int32_t>;

/// Returns sum + x * w. The float overload calls std::fma, so there is one rounding whether or not the compiler
/// contracts expressions.
[[nodiscard]] inline float add_product(float sum, float x, float w) noexcept { return std::fma(x, w, sum); }
[[nodiscard]] inline std::int32_t add_product(std::int32_t sum, std::int32_t x, std::int32_t w) noexcept {
  return sum + x * w;
}

/// Adds one window of `length` adjacent inputs: (length) x (length, 16) -> += (16).
template <class Element>
[[gnu::noinline]] void add_segment(const Element* inputs, int length, const Element* weights,
                                   accumulator<Element>* sums) noexcept {
  accumulator<Element> a[block_filters];
  for (int f = 0; f < block_filters; ++f) a[f] = sums[f];
  for (int k = 0; k < length; ++k, weights += block_filters)
    for (int f = 0; f < block_filters; ++f) a[f] = add_product(a[f], inputs[k], weights[f]);
  for (int f = 0; f < block_filters; ++f) sums[f] = a[f];
}

/// Adds four windows: (4, length) x (length, 16) -> += (4, 16). The accumulators are four named arrays because g++ at
/// -O3 keeps them in registers, but not a two-dimensional array.
template <class Element>
[[gnu::noinline]] void add_segments(const Element* inputs, std::ptrdiff_t pixel_stride, int length,
                                    const Element* weights, accumulator<Element>* sums) noexcept {
  static_assert(tile == 4);
  accumulator<Element> a[block_filters], b[block_filters], c[block_filters], d[block_filters];
  for (int f = 0; f < block_filters; ++f) {
    a[f] = sums[f];
    b[f] = sums[block_filters + f];
    c[f] = sums[2 * block_filters + f];
    d[f] = sums[3 * block_filters + f];
  }
  for (int k = 0; k < length; ++k) {
    const accumulator<Element> x0 = inputs[k];
    const accumulator<Element> x1 = inputs[pixel_stride + k];
    const accumulator<Element> x2 = inputs[2 * pixel_stride + k];
    const accumulator<Element> x3 = inputs[3 * pixel_stride + k];
    const Element* row = weights + k * block_filters;
    for (int f = 0; f < block_filters; ++f) {
      const accumulator<Element> w = row[f];
      a[f] = add_product(a[f], x0, w);
      b[f] = add_product(b[f], x1, w);
      c[f] = add_product(c[f], x2, w);
      d[f] = add_product(d[f], x3, w);
    }
  }
  for (int f = 0; f < block_filters; ++f) {
    sums[f] = a[f];
    sums[block_filters + f] = b[f];
    sums[2 * block_filters + f] = c[f];
    sums[3 * block_filters + f] = d[f];
  }
}

/// The integers in [first, last).
struct range {
  int first;
  int last;

  friend constexpr bool operator==(const range&, const range&) = default;
};
/// Returns the input rows that the output rows [first_row, last_row) read, clipped to the image.
[[nodiscard]] constexpr range rows_read(const geometry& g, int first_row, int last_row) noexcept {
  const int first = first_row * g.stride.height - g.padding.height;
  const int last = (last_row - 1) * g.stride.height - g.padding.height + g.kernel.height;
  return {first < 0 ? 0 : first, last > g.in.height ? g.in.height : last};
}

/// Multiplies one block of filters, (K, 16). `image` holds the codes of the image from input row `read.first` on.
template <encoding In, encoding Weights>
void block_product(const geometry& g, const element<In, Weights>* image, range read,
                   const element<In, Weights>* weights, int block, sum<In, Weights>* sums, int first_row,
                   int last_row) noexcept {
  using number = element<In, Weights>;
  const int channels = g.in.channels;
  const int row_codes = g.in.width * channels;
  const int stride = sum_stride(g.out.channels);
  const int filters = filters_of(g.out.channels, block);
  // The columns of the kernel that are inside the image at output column ox.
  const auto inside = [&g](int ox) {
    const int left = ox * g.stride.width - g.padding.width;
    const int past = g.in.width - left;
    return range{left < 0 ? -left : 0, past < g.kernel.width ? past : g.kernel.width};
  };
  for (int oy = first_row; oy < last_row; ++oy) {
    const int top = oy * g.stride.height - g.padding.height;
    for (int ox = 0; ox < g.out.width;) {
      const range taps = inside(ox);
      int pixels = 1;
      while (pixels < tile && ox + pixels < g.out.width && inside(ox + pixels) == taps) ++pixels;
      if (pixels < tile) pixels = 1;

      sum<In, Weights> tile_sums[tile * block_filters] = {};
      for (int ky = 0; ky < g.kernel.height; ++ky) {
        const int y = top + ky;
        if (y < 0 || y >= g.in.height || taps.first >= taps.last) continue;
        const int x = ox * g.stride.width - g.padding.width + taps.first;
        const number* from = image + static_cast<std::ptrdiff_t>(y - read.first) * row_codes + x * channels;
        const number* by = weights + (ky * g.kernel.width + taps.first) * channels * block_filters;
        const int length = (taps.last - taps.first) * channels;
        if (pixels == tile) {
          add_segments(from, g.stride.width * channels, length, by, tile_sums);
        } else {
          add_segment(from, length, by, tile_sums);
        }
      }
      for (int p = 0; p < pixels; ++p) {
        const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(oy - first_row) * g.out.width + ox + p;
        sum<In, Weights>* to = sums + pixel * stride + block * block_filters;
        for (int f = 0; f < block_filters; ++f) to[f] = f < filters ? tile_sums[p * block_filters + f] : 0;
      }
      ox += pixels;
    }
  }
}

/// Like block_product, but for a grouped convolution, one filter at a time.
template <encoding In, encoding Weights>
void grouped_block_product(const geometry& g, const element<In, Weights>* image, range read,
                           const element<In, Weights>* weights, int block, sum<In, Weights>* sums, int first_row,
                           int last_row) noexcept {
  const int channels = g.group_channels();
  const int filters = filters_of(g.out.channels, block);
  for (int oy = first_row; oy < last_row; ++oy)
    for (int ox = 0; ox < g.out.width; ++ox) {
      const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(oy - first_row) * g.out.width + ox;
      sum<In, Weights>* to = sums + pixel * sum_stride(g.out.channels) + block * block_filters;
      for (int f = 0; f < block_filters; ++f) {
        to[f] = 0;
        if (f >= filters) continue;
        const int first_channel = (block * block_filters + f) / g.group_filters() * channels;
        for (int ky = 0; ky < g.kernel.height; ++ky)
          for (int kx = 0; kx < g.kernel.width; ++kx) {
            const int y = oy * g.stride.height - g.padding.height + ky, x = ox * g.stride.width - g.padding.width + kx;
            if (y < 0 || y >= g.in.height || x < 0 || x >= g.in.width) continue;
            const auto* from =
                image + (static_cast<std::ptrdiff_t>(y - read.first) * g.in.width + x) * g.in.channels + first_channel;
            const auto* by = weights + (ky * g.kernel.width + kx) * channels * block_filters + f;
            for (int c = 0; c < channels; ++c) to[f] = add_product(to[f], from[c], by[c * block_filters]);
          }
      }
    }
}

/// Decodes the input rows `read` to `image`.
template <encoding In, int Bits, class Element>
void decode_rows(const geometry& g, const std::byte* inputs, range read, Element* image) noexcept {
  if (read.first >= read.last) return;
  const std::size_t skipped = index(read.first * g.in.width) * pixel_bytes<In, Bits>(g.in.channels);
  unpack_inputs<In, Bits>(inputs + skipped, (read.last - read.first) * g.in.width, g.in.channels, image);
}

}  // namespace detail

/// Bytes of scratch for any rows of one image: the codes of the image and one block of weights as [K][16].
template <encoding In, encoding Weights>
[[nodiscard]] constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
  const auto weights = index(g.inputs()) * block_filters;
  return (weights + index(g.in.size())) * sizeof(detail::element<In, Weights>);
}

/// Computes the sums of the output rows [first_row, last_row) of one image. Taps outside the image are skipped, because
/// they add nothing. Float sums are accumulated in the order of k with one fma each, so they are the same with every
/// compiler.
///
/// inputs (H, W) pixels, weights F filters -> sums (last_row - first_row, out.width, sum_stride(F)), where row 0 is
/// output row first_row; lanes beyond F are 0
///
/// requires  the layouts of layout.hpp; scratch_bytes<In, Weights>(g) bytes at `scratch`, aligned for float; for
///           integers K · max|x| · max|w| < 2^31
/// cost      K · 16 multiplications and additions for each pixel and block, and the decoding of inputs and weights
/// throws    never
template <encoding In, encoding Weights, int InputBits = 3, int WeightBits = 3>
void product(const geometry& g, const std::byte* inputs, const std::byte* weights, sum<In, Weights>* sums,
             std::byte* scratch, int first_row, int last_row) noexcept {
  using element = detail::element<In, Weights>;
  assert(0 <= first_row && first_row <= last_row && last_row <= g.out.height && "rows of the output");
  if (first_row == last_row) return;
  auto* block_codes = reinterpret_cast<element*>(scratch);
  auto* image = block_codes + index(g.inputs()) * block_filters;
  const detail::range read = detail::rows_read(g, first_row, last_row);
  detail::decode_rows<In, InputBits>(g, inputs, read, image);
  for (int block = 0; block < blocks(g.out.channels); ++block) {
    unpack_weight_block<In, Weights, WeightBits>(g, weights, block, block_codes);
    const auto multiply =
        g.groups == 1 ? detail::block_product<In, Weights> : detail::grouped_block_product<In, Weights>;
    multiply(g, image, read, block_codes, block, sums, first_row, last_row);
  }
}

}  // namespace minnow::kernels::reference
