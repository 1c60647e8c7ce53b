#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include <xsimd/xsimd.hpp>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/reference.hpp>

/// Integer products on float multipliers: codes decode to floats, whose sums are exact integers below 2^24. For pairs that
/// have no kernel of their own; every SIMD processor multiplies floats, and few multiply 32-bit integers as fast.
namespace minnow::kernels::decoded {

/// The largest |code| of an encoding.
template <encoding E, int Bits>
[[nodiscard]] constexpr long long code_limit() noexcept {
  if constexpr (E == encoding::power_of_two) return 1 << (magnitudes(Bits) - 1);
  if constexpr (E == encoding::nibble) return 7;
  if constexpr (E == encoding::byte) return 127;
  if constexpr (E == encoding::pixel) return 255;
  return 1;
}

/// Whether all sums over a window are exact in floats.
template <encoding In, int InputBits, encoding Weights, int WeightBits>
[[nodiscard]] constexpr bool is_exact(const geometry& g) noexcept {
  return g.inputs() * code_limit<In, InputBits>() * code_limit<Weights, WeightBits>() < 1 << 24;
}

/// Bytes of all weights as [block][K][16] floats.
[[nodiscard]] constexpr std::size_t panel_bytes(const geometry& g) noexcept {
  return static_cast<std::size_t>(g.inputs()) * static_cast<std::size_t>(sum_stride(g.out.channels)) * sizeof(float);
}

/// Bytes of one image's codes as floats.
[[nodiscard]] constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
  return static_cast<std::size_t>(g.in.size()) * sizeof(float);
}

/// weights F filters -> panels.
template <encoding In, encoding Weights, int WeightBits>
void decode_weights(const geometry& g, const std::byte* weights, std::byte* panels) noexcept {
  auto* codes = reinterpret_cast<float*>(panels);
  const auto block_size = static_cast<std::size_t>(g.inputs()) * block_filters;
  for (int block = 0; block < blocks(g.out.channels); ++block)
    unpack_weight_block<In, Weights, WeightBits>(g, weights, block, codes + static_cast<std::size_t>(block) * block_size);
}

namespace detail {

/// The taps of one output pixel that lie inside the image.
struct window {
  reference::detail::range rows;
  reference::detail::range columns;

  friend constexpr bool operator==(const window&, const window&) = default;
};

[[nodiscard]] constexpr reference::detail::range inside(int position, int stride, int padding, int kernel, int length) noexcept {
  const int first = position * stride - padding;
  const int past = length - first;
  return {first < 0 ? -first : 0, past < kernel ? past : kernel};
}

/// `Pixels` neighbouring pixels by one block of filters, accumulators in registers over the whole window.
///
/// image   the code of the window's first tap of the first pixel (which may lie outside; only taps of `w` are read)
/// cost    per pixel and 16 lanes one multiply-add for each input
template <int Pixels, class Batch>
void multiply_pixels(const geometry& g, window w, const float* image, const float* panel, std::int32_t* sums, int stride) noexcept {
  constexpr int vectors = block_filters / static_cast<int>(Batch::size);
  const int channels = g.in.channels;
  const std::ptrdiff_t next_pixel = static_cast<std::ptrdiff_t>(g.stride.width) * channels;
  const int length = (w.columns.last - w.columns.first) * channels;
  Batch acc[Pixels][vectors];
  for (auto& pixel : acc)
    for (auto& vector : pixel) vector = Batch(0.0f);
  for (int ky = w.rows.first; ky < w.rows.last; ++ky) {
    const float* from = image + static_cast<std::ptrdiff_t>(ky) * g.in.width * channels + w.columns.first * channels;
    const float* by = panel + static_cast<std::ptrdiff_t>((ky * g.kernel.width + w.columns.first) * channels) * block_filters;
    for (int k = 0; k < length; ++k, by += block_filters) {
      Batch weight[vectors];
      for (int v = 0; v < vectors; ++v) weight[v] = Batch::load_unaligned(by + v * static_cast<int>(Batch::size));
      for (int p = 0; p < Pixels; ++p) {
        const Batch x(from[p * next_pixel + k]);
        for (int v = 0; v < vectors; ++v) acc[p][v] = xsimd::fma(x, weight[v], acc[p][v]);
      }
    }
  }
  for (int p = 0; p < Pixels; ++p)
    for (int v = 0; v < vectors; ++v)
      xsimd::batch_cast<std::int32_t>(acc[p][v]).store_unaligned(sums + p * stride + v * static_cast<int>(Batch::size));
}

}  // namespace detail

/// The same sums as reference::product, from weights that decode_weights has decoded.
///
/// inputs (H, W) pixels -> sums (last_row - first_row, out.width, sum_stride(F)); lanes beyond F are 0
///
/// requires  is_exact for the pair and geometry; scratch_bytes(g) bytes at `scratch`, aligned for float
/// throws    never
template <encoding In, int InputBits, class Arch>
void product(const geometry& g, const std::byte* inputs, const std::byte* panels, std::int32_t* sums, std::byte* scratch,
             int first_row, int last_row) noexcept {
  using batch = xsimd::batch<float, batch_arch<Arch>>;
  constexpr int tile = batch::size >= 16 ? 8 : 4;
  assert(0 <= first_row && first_row <= last_row && last_row <= g.out.height && "rows of the output");
  if (first_row == last_row) return;
  const int stride = sum_stride(g.out.channels);
  const auto block_size = static_cast<std::size_t>(g.inputs()) * block_filters;
  auto* image = reinterpret_cast<float*>(scratch);
  const reference::detail::range read = reference::detail::rows_read(g, first_row, last_row);
  reference::detail::decode_rows<In, InputBits>(g, inputs, read, image);

  for (int block = 0; block < blocks(g.out.channels); ++block) {
    const float* panel = reinterpret_cast<const float*>(panels) + static_cast<std::size_t>(block) * block_size;
    for (int oy = first_row; oy < last_row; ++oy) {
      const auto rows = detail::inside(oy, g.stride.height, g.padding.height, g.kernel.height, g.in.height);
      const std::ptrdiff_t top = static_cast<std::ptrdiff_t>(oy * g.stride.height - g.padding.height - read.first) * g.in.width;
      const auto window_at = [&](int ox) {
        return detail::window{rows, detail::inside(ox, g.stride.width, g.padding.width, g.kernel.width, g.in.width)};
      };
      for (int ox = 0; ox < g.out.width;) {
        const detail::window w = window_at(ox);
        const float* from = image + (top + ox * g.stride.width - g.padding.width) * g.in.channels;
        std::int32_t* to = sums + (static_cast<std::ptrdiff_t>(oy - first_row) * g.out.width + ox) * stride + block * block_filters;
        // Windows grow towards the inside and shrink towards the border: equal ends mean equal windows between.
        if (ox + tile <= g.out.width && window_at(ox + tile - 1) == w) {
          detail::multiply_pixels<tile, batch>(g, w, from, panel, to, stride);
          ox += tile;
        } else {
          detail::multiply_pixels<1, batch>(g, w, from, panel, to, stride);
          ++ox;
        }
      }
    }
  }
}

}  // namespace minnow::kernels::decoded
