#pragma once

#include <algorithm>
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
/// kernels with it. A tap is one position of the convolution kernel. K = g.inputs() is the number of inputs of a
/// window, and k is the index of an input in the window.
namespace minnow::kernels::reference {

namespace detail {

/// Element type of decoded codes in scratch memory. It has 16 bits if the sums are integers, because every SIMD
/// instruction set multiplies 16-bit numbers.
template <encoding In, encoding Weights>
using element = std::conditional_t<is_integer(In) && is_integer(Weights), std::int16_t, float>;

/// Returns sum + x * w. The float overload calls std::fma, so the result is rounded once, whether or not the compiler
/// contracts multiplications and additions to fma.
[[nodiscard]] inline float add_product(float sum, float x, float w) noexcept { return std::fma(x, w, sum); }
[[nodiscard]] inline std::int32_t add_product(std::int32_t sum, std::int32_t x, std::int32_t w) noexcept {
  return sum + x * w;
}

/// Computes the sums of one block of filters with weights (K, 16). `image` holds the codes of the image from input row
/// `first_input_row` on.
template <encoding In, encoding Weights>
void block_product(const geometry& g, const element<In, Weights>* image, int first_input_row,
                   const element<In, Weights>* weights, int block, sum<In, Weights>* sums, int first_row,
                   int last_row) noexcept {
  const int channels = g.group_channels();
  const int filters = filters_of(g.out.channels, block);
  int first_channel[block_filters] = {};  // of each filter's group
  for (int f = 0; f < filters; ++f) first_channel[f] = (block * block_filters + f) / g.group_filters() * channels;

  for (int oy = first_row; oy < last_row; ++oy)
    for (int ox = 0; ox < g.out.width; ++ox) {
      sum<In, Weights> totals[block_filters] = {};
      for (int ky = 0; ky < g.kernel.height; ++ky)
        for (int kx = 0; kx < g.kernel.width; ++kx) {
          const int y = g.y_axis().origin(oy) + ky, x = g.x_axis().origin(ox) + kx;
          if (y < 0 || y >= g.in.height || x < 0 || x >= g.in.width) continue;
          const auto* pixel =
              image + (static_cast<std::ptrdiff_t>(y - first_input_row) * g.in.width + x) * g.in.channels;
          const auto* tap = weights + (ky * g.kernel.width + kx) * channels * block_filters;
          for (int c = 0; c < channels; ++c)
            for (int f = 0; f < filters; ++f)
              totals[f] = add_product(totals[f], pixel[first_channel[f] + c], tap[c * block_filters + f]);
        }
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(oy - first_row) * g.out.width + ox;
      std::copy_n(totals, block_filters, sums + at * sum_stride(g.out.channels) + block * block_filters);
    }
}

/// Decodes the input rows `read` to `image`.
template <encoding In, int Bits, class Element>
void decode_rows(const geometry& g, const std::byte* inputs, int_range read, Element* image) noexcept {
  const std::size_t skipped = index(read.first * g.in.width) * pixel_bytes<In, Bits>(g.in.channels);
  unpack_inputs<In, Bits>(inputs + skipped, read.size() * g.in.width, g.in.channels, image);
}

}  // namespace detail

/// Bytes of scratch memory, for any range of output rows: the codes of the image, and one block of weights as [K][16].
template <encoding In, encoding Weights>
[[nodiscard]] constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
  const auto weights = index(g.inputs()) * block_filters;
  return (weights + index(g.in.size())) * sizeof(detail::element<In, Weights>);
}

/// Computes the sums of the output rows [first_row, last_row) of one image. Taps outside the image are skipped, because
/// their inputs count as 0. Float sums are accumulated in the order of k with one fma per step, so they are the same
/// with every compiler.
///
/// inputs (H, W) pixels, weights F filters -> sums (last_row - first_row, out.width, sum_stride(F)), where row 0 is
/// output row first_row; the sums beyond the F filters are 0
///
/// requires  the layouts of layout.hpp; scratch_bytes<In, Weights>(g) bytes at `scratch`, aligned for float; for
///           integers K · max|x| · max|w| < 2^31
/// cost      K · 16 multiplications and additions for each pixel and block of 16 filters, and the decoding of inputs
///           and weights
/// throws    never
template <encoding In, encoding Weights, int InputBits = 3, int WeightBits = 3>
void product(const geometry& g, const std::byte* inputs, const std::byte* weights, sum<In, Weights>* sums,
             std::byte* scratch, int first_row, int last_row) noexcept {
  using element = detail::element<In, Weights>;
  assert(0 <= first_row && first_row <= last_row && last_row <= g.out.height && "rows of the output");
  if (first_row == last_row) return;
  auto* block_codes = reinterpret_cast<element*>(scratch);
  auto* image = block_codes + index(g.inputs()) * block_filters;
  const int_range read = g.y_axis().reached({first_row, last_row});
  detail::decode_rows<In, InputBits>(g, inputs, read, image);
  for (int block = 0; block < blocks(g.out.channels); ++block) {
    unpack_weight_block<In, Weights, WeightBits>(g, weights, block, block_codes);
    detail::block_product<In, Weights>(g, image, read.first, block_codes, block, sums, first_row, last_row);
  }
}

}  // namespace minnow::kernels::reference
