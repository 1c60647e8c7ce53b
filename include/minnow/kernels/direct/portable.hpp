#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// The inner loops of direct.hpp and depthwise.hpp in standard C++, for processors that multiply two numbers at a time.
/// Loops over pixels and filters are unrolled in the source, so that sums stay in registers at every optimization
/// level.
namespace minnow::kernels::detail {

/// The input of a channel, from its byte.
template <class In>
[[nodiscard]] inline std::int32_t input_of(std::byte b) noexcept {
  if constexpr (In::storage == encoding::pixel) return 2 * static_cast<std::int32_t>(b) - 255;
  else if constexpr (is_unsigned(In::storage)) return static_cast<std::int32_t>(b);
  else return static_cast<std::int8_t>(b);
}

/// A number of quads that no window exceeds.
inline constexpr int whole_window = (std::numeric_limits<int>::max)();

/// Bytes of the packed quad of a filter (four channels).
template <class Weights>
inline constexpr int weight_quad_bytes = Weights::storage == encoding::nibble ? 2 : 4;

/// Adds the products of `quads` quads, usually two quads in each pass of the loop.
///
/// Quad     as portable_quad
/// Whole    true if the inputs of the quads are contiguous; otherwise they are `advance` bytes apart
/// from     inputs of the first pixel; the next pixel's are `pixel` bytes after them
/// weights  weights of the first filter; the weights of the next quad are `next` bytes after them
template <class Quad, bool Whole, int Pixels, int Filters>
[[gnu::always_inline]] inline void add_quads(const std::byte* from, std::ptrdiff_t pixel, std::ptrdiff_t advance,
                                             const std::byte* weights, std::ptrdiff_t next, int quads,
                                             std::int32_t (&sums)[index(Pixels)][index(Filters)]) noexcept {
  const std::byte* inputs[index(Pixels)] = {from};
#pragma GCC unroll 4
  for (int p = 1; p < Pixels; ++p) inputs[p] = inputs[p - 1] + pixel;
  // Single filters and quads with gaps are rare, and the body of a loop over one pixel is long, so they have less code.
  if constexpr (!Whole || Filters == 1 || Pixels == 1) {
    for (; quads > 0; --quads, weights += next)
      Quad::template add<Whole, Pixels, Filters>(inputs, advance, weights, sums);
    return;
  }
  if (quads % 2 != 0) {
    Quad::template add<Whole, Pixels, Filters>(inputs, advance, weights, sums);
    weights += next;
  }
  for (quads /= 2; quads > 0; --quads) {
    Quad::template add<Whole, Pixels, Filters>(inputs, advance, weights, sums);
    weights += next;
    Quad::template add<Whole, Pixels, Filters>(inputs, advance, weights, sums);
    weights += next;
  }
}

/// The products of a quad. Each weight is loaded or extracted once, and multiplied by the inputs of all pixels.
///
/// cost  for 2 pixels by 2 filters: 8 loads of inputs, 8 loads of 8-bit weights (2 loads and 8 extractions for 4 bits)
///       and 16 multiply-adds, 32 (34) instructions for 16 multiply-accumulates
template <class In, class Weights>
struct portable_quad {
  template <bool Whole, int Pixels, int Filters>
  [[gnu::always_inline]] static void add(const std::byte* (&inputs)[index(Pixels)], std::ptrdiff_t advance,
                                         const std::byte* weights,
                                         std::int32_t (&sums)[index(Pixels)][index(Filters)]) noexcept {
    add_channel<0>(inputs, weights, sums);
    add_channel<1>(inputs, weights, sums);
    add_channel<2>(inputs, weights, sums);
    add_channel<3>(inputs, weights, sums);
#pragma GCC unroll 4
    for (int p = 0; p < Pixels; ++p) inputs[p] += Whole ? 4 : advance;
  }

private:
  template <int Channel>
  [[nodiscard]] static std::int32_t weight_of(const std::byte* quad) noexcept {
    if constexpr (Weights::storage == encoding::nibble) {
      std::uint16_t all = 0;
      if constexpr (std::endian::native == std::endian::little)
        std::memcpy(&all, __builtin_assume_aligned(quad, 2), sizeof all);  // one load also if addresses must be aligned
      else all = load16(quad);
      return static_cast<std::int32_t>(std::uint32_t{all} << (28 - 4 * Channel)) >> 28;
    } else {
      return static_cast<std::int8_t>(quad[Channel]);
    }
  }
  template <int Channel, std::size_t Pixels, std::size_t Filters>
  [[gnu::always_inline]] static void add_channel(const std::byte* const (&inputs)[Pixels], const std::byte* weights,
                                                 std::int32_t (&sums)[Pixels][Filters]) noexcept {
    std::int32_t x[Pixels];
#pragma GCC unroll 4
    for (std::size_t p = 0; p < Pixels; ++p) x[p] = input_of<In>(inputs[p][Channel]);
#pragma GCC unroll 4
    for (std::size_t f = 0; f < Filters; ++f) {
      const std::int32_t weight = weight_of<Channel>(weights + f * weight_quad_bytes<Weights>);
#pragma GCC unroll 4
      for (std::size_t p = 0; p < Pixels; ++p) sums[p][f] += x[p] * weight;
    }
  }
};

/// The inner loops of an instruction set:
///
/// pixels, filters, filters_of_one   tiles of direct_kernel: pixels by filters, and one pixel by filters_of_one
/// add       adds the products of some quads to the sums of a tile
/// longest   the largest number of quads of a window whose sums may be added up in one part
/// shift     if the window has one part, the number of bits by which these sums are too large
/// depthwise_pixels, depthwise_channels, add_tap   the same for direct_depthwise: adds the products of one tap
template <class In, class Weights>
struct portable_steps {
  static constexpr int pixels = 2, filters = 2, filters_of_one = 4;
  static constexpr int longest = whole_window;
  template <int Filters>
  static constexpr int shift = 0;
  static constexpr int depthwise_pixels = 2, depthwise_channels = 4;
  static constexpr bool has_depthwise = false;  ///< see helium.hpp

  template <bool Whole, bool Short, int Pixels, int Filters>
  [[gnu::always_inline]] static void add(const std::byte* from, std::ptrdiff_t pixel, std::ptrdiff_t advance,
                                         const std::byte* weights, std::ptrdiff_t next, int quads,
                                         std::int32_t (&sums)[index(Pixels)][index(Filters)]) noexcept {
    add_quads<portable_quad<In, Weights>, Whole, Pixels, Filters>(from, pixel, advance, weights, next, quads, sums);
  }
  template <int Pixels, int Channels>
  [[gnu::always_inline]] static void add_tap(const std::byte* from, std::ptrdiff_t pixel, const std::byte* weights,
                                             std::int32_t (&sums)[index(Pixels)][index(Channels)]) noexcept {
    const std::byte* inputs[index(Pixels)] = {from};
#pragma GCC unroll 4
    for (int p = 1; p < Pixels; ++p) inputs[p] = inputs[p - 1] + pixel;
#pragma GCC unroll 4
    for (int c = 0; c < Channels; ++c) {
      const std::int32_t weight = static_cast<std::int8_t>(weights[c]);
#pragma GCC unroll 4
      for (int p = 0; p < Pixels; ++p) sums[p][c] += input_of<In>(inputs[p][c]) * weight;
    }
  }
};

}  // namespace minnow::kernels::detail
