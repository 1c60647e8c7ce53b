#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/portable.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/tile.hpp>

#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#endif

/// Integer products for processors without vectors. They read inputs of one byte, and weights of 8 or 4 bits, where they
/// are stored, and need no scratch memory. Each step multiplies a quad (four channels) of some pixels by the weights of
/// some filters; the sums stay in registers.
///
/// cost  per quad, for 2 pixels by 2 filters: 8 loads of inputs, 2 of weights, 8 extractions and 16 multiply-adds, 34
///       instructions for 16 multiply-accumulates. With the 16-bit pairs of Armv7E-M (SMLAD): 20 instructions
namespace minnow::kernels::detail {

/// True for pairs of operands that `direct_kernel` multiplies.
template <class In, class Weights>
inline constexpr bool direct_operands = (is_bytes(In::storage) || In::storage == encoding::pixel) &&
                                        (Weights::storage == encoding::byte || Weights::storage == encoding::nibble);

/// The input of a channel, from its byte.
template <class In>
[[nodiscard]] inline std::int32_t input_of(std::byte b) noexcept {
  if constexpr (In::storage == encoding::pixel) return 2 * static_cast<std::int32_t>(b) - 255;
  else if constexpr (is_unsigned(In::storage)) return static_cast<std::int32_t>(b);
  else return static_cast<std::int8_t>(b);
}

/// The packed quad of a filter, and the weight of one of its channels.
template <class Weights>
struct weight_quad {
  static constexpr int bytes = Weights::storage == encoding::nibble ? 2 : 4;

  [[nodiscard]] static std::uint32_t load(const std::byte* from) noexcept {
    // Blocks of weights begin at multiples of a quad, so processors that cannot load words from any address use one load.
    if constexpr (std::endian::native == std::endian::little) {
      std::conditional_t<bytes == 2, std::uint16_t, std::uint32_t> quad = 0;
      std::memcpy(&quad, std::assume_aligned<bytes>(from), sizeof quad);
      return quad;
    } else if constexpr (bytes == 2) {
      return load16(from);
    } else {
      return load32(from);
    }
  }
  template <int Channel>
  [[nodiscard]] static std::int32_t at(std::uint32_t quad) noexcept {
    constexpr int bits = 2 * bytes;
    return static_cast<std::int32_t>(quad << (32 - bits * (Channel + 1))) >> (32 - bits);
  }
};

#if defined(__ARM_FEATURE_SIMD32)
/// Four numbers as two pairs of 16 bits: the channels 0 and 2, and the channels 1 and 3.
struct half_pairs {
  std::uint32_t even;
  std::uint32_t odd;

  /// Adds the products of four inputs and four weights.
  [[nodiscard]] static std::int32_t add(const half_pairs& x, const half_pairs& w, std::int32_t sum) noexcept {
    return __smlad(static_cast<int16x2_t>(x.odd), static_cast<int16x2_t>(w.odd),
                   __smlad(static_cast<int16x2_t>(x.even), static_cast<int16x2_t>(w.even), sum));
  }
};
#endif

/// The products of quads, with the instructions of the processor. `shift` is the number of bits by which the sums are
/// too large to the left.
template <class In, class Weights>
struct quad_products {
#if defined(__ARM_FEATURE_SIMD32)
  static constexpr bool pairs = In::storage != encoding::pixel;
#else
  static constexpr bool pairs = false;
#endif
  using quad = weight_quad<Weights>;
  static constexpr int shift = pairs && Weights::storage == encoding::nibble ? 4 : 0;

  template <int Pixels, int Filters>
  [[gnu::always_inline]] static void add(const std::byte* const (&inputs)[index(Pixels)], const std::byte* weights,
                                         std::int32_t (&sums)[index(Pixels)][index(Filters)]) noexcept {
#if defined(__ARM_FEATURE_SIMD32)
    if constexpr (pairs) {
      half_pairs w[index(Filters)];
#pragma GCC unroll 4
      for (int f = 0; f < Filters; ++f) w[f] = weights_of(quad::load(weights + f * quad::bytes));
#pragma GCC unroll 4
      for (int p = 0; p < Pixels; ++p) {
        const half_pairs x = inputs_of(load32(inputs[p]));
#pragma GCC unroll 4
        for (int f = 0; f < Filters; ++f) sums[p][f] = half_pairs::add(x, w[f], sums[p][f]);
      }
      return;
    }
#endif
    std::uint32_t w[index(Filters)];
#pragma GCC unroll 4
    for (int f = 0; f < Filters; ++f) w[f] = quad::load(weights + f * quad::bytes);
    add_channel<0>(inputs, w, sums);
    add_channel<1>(inputs, w, sums);
    add_channel<2>(inputs, w, sums);
    add_channel<3>(inputs, w, sums);
  }

private:
  template <int Channel, std::size_t Pixels, std::size_t Filters>
  [[gnu::always_inline]] static void add_channel(const std::byte* const (&inputs)[Pixels],
                                                 const std::uint32_t (&w)[Filters],
                                                 std::int32_t (&sums)[Pixels][Filters]) noexcept {
    std::int32_t x[Pixels];
#pragma GCC unroll 4
    for (std::size_t p = 0; p < Pixels; ++p) x[p] = input_of<In>(inputs[p][Channel]);
#pragma GCC unroll 4
    for (std::size_t f = 0; f < Filters; ++f) {
      const std::int32_t weight = quad::template at<Channel>(w[f]);
#pragma GCC unroll 4
      for (std::size_t p = 0; p < Pixels; ++p) sums[p][f] += x[p] * weight;
    }
  }

#if defined(__ARM_FEATURE_SIMD32)
  [[nodiscard]] static half_pairs inputs_of(std::uint32_t bytes) noexcept {
    if constexpr (is_unsigned(In::storage)) return {bytes & 0x00ff00ffu, bytes >> 8 & 0x00ff00ffu};
    else return signed_pairs(bytes, std::rotr(bytes, 8));
  }
  [[nodiscard]] static half_pairs signed_pairs(std::uint32_t even, std::uint32_t odd) noexcept {
    return {static_cast<std::uint32_t>(__sxtb16(even)), static_cast<std::uint32_t>(__sxtb16(odd))};
  }
  /// Weights of 4 bits are moved to the upper half of a byte, so they are 16 times as large.
  [[nodiscard]] static half_pairs weights_of(std::uint32_t quad) noexcept {
    if constexpr (Weights::storage == encoding::nibble) {
      const std::uint32_t spread = quad | quad << 8;
      return signed_pairs(spread << 4 & 0x00f000f0u, spread & 0x00f000f0u);
    } else {
      return signed_pairs(quad, std::rotr(quad, 8));
    }
  }
#endif
};

template <class In, class Weights>
struct direct_kernel {
  using arch = portable;
  using counts = plain_sums;
  using products = quad_products<In, Weights>;

  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry&) noexcept { return 0; }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      const int filters = filters_of(g.out.channels, block);
      const std::byte* weights =
          o.weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(g, block);
      for_each_region(g, first_row, last_row, 1, [&](const region& r) {
        const steps s(r, filters);
        for (int y = r.y.first; y < r.y.last; ++y)
          for (int x = r.x.first; x < r.x.last;) {
            std::int32_t sums[2][block_filters] = {};
            const std::byte* from = o.inputs + r.input_step(y, x) * g.in.channels;
            const int pixels = r.x.last - x >= 2 ? 2 : 1;
            if (pixels == 2) multiply<2>(s, from, weights, filters, sums);
            else multiply<1>(s, from, weights, filters, sums);
            for (int p = 0; p < pixels; ++p, ++x) sink.put(y, x, block * block_filters, filters, sums[p]);
          }
      });
    }
  }

private:
  /// Positions of the products of a tile. The inputs of a kernel row are contiguous. If the channels are whole quads, or
  /// fit one quad, a kernel row is one loop of quads; otherwise it is one loop for each tap.
  struct steps {
    std::ptrdiff_t pixel;        ///< bytes from one output pixel's window to the next one's
    std::ptrdiff_t input_row;    ///< bytes from one kernel row's inputs to the next one's
    std::ptrdiff_t weight_row;   ///< bytes from one kernel row's weights to the next one's
    std::ptrdiff_t weight_quad;  ///< bytes from one quad's weights to the next one's
    std::ptrdiff_t first_weight;
    int rows;
    int loops;
    int quads;
    int channels;
    bool one_quad;  ///< a quad is a pixel

    steps(const region& r, int filters) noexcept
        : pixel(r.next_pixel_steps() * r.g.in.channels),
          input_row(r.input_row_steps() * r.g.in.channels),
          weight_quad(static_cast<std::ptrdiff_t>(filters) * weight_quad_bytes),
          rows(r.rows()),
          channels(r.g.in.channels),
          one_quad(channels <= 4) {
      const int of_pixel = channel_quads(channels);
      weight_row = r.weight_row_steps() * of_pixel * weight_quad;
      first_weight = r.weight_step() * of_pixel * weight_quad;
      const bool one_loop = channels % 4 == 0 || one_quad;
      loops = one_loop ? 1 : r.x.taps();
      quads = one_loop ? r.x.taps() * of_pixel : of_pixel;
    }
  };
  static constexpr int weight_quad_bytes = weight_quad<Weights>::bytes;

  template <int Pixels, int Filters>
  [[gnu::noinline]] static void tile(const steps& s, const std::byte* from, const std::byte* weights, int first,
                                     std::int32_t (&to)[2][block_filters]) noexcept {
    std::int32_t sums[index(Pixels)][index(Filters)] = {};
    weights += s.first_weight + first * weight_quad_bytes;
    for (int row = 0; row < s.rows; ++row, from += s.input_row, weights += s.weight_row) {
      const std::byte* of_loop = from;
      const std::byte* w = weights;
      for (int loop = 0; loop < s.loops; ++loop, of_loop += s.channels, w += s.quads * s.weight_quad)
        if (s.one_quad) add_quads<Pixels, Filters>(of_loop, s.pixel, s.channels, w, s.weight_quad, s.quads, sums);
        else add_whole_quads<Pixels, Filters>(of_loop, s.pixel, w, s.weight_quad, s.quads, sums);
    }
#pragma GCC unroll 2
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
      for (int f = 0; f < Filters; ++f) to[p][first + f] = sums[p][f] >> products::shift;
  }

  /// Adds the products of `quads` quads. Not inlined, so that its loop has all registers.
  ///
  /// pixel    bytes between the windows of two pixels
  /// advance  bytes from one quad's inputs to the next one's
  /// next     bytes from one quad's weights to the next one's
  template <int Pixels, int Filters>
  [[gnu::always_inline]] static void add_quads_of(const std::byte* from, std::ptrdiff_t pixel, std::ptrdiff_t advance,
                                                  const std::byte* w, std::ptrdiff_t next, int quads,
                                                  std::int32_t (&to)[index(Pixels)][index(Filters)]) noexcept {
    const std::byte* inputs[index(Pixels)] = {from};
#pragma GCC unroll 2
    for (int p = 1; p < Pixels; ++p) inputs[p] = inputs[p - 1] + pixel;
    std::int32_t sums[index(Pixels)][index(Filters)];
#pragma GCC unroll 2
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
      for (int f = 0; f < Filters; ++f) sums[p][f] = to[p][f];
    for (; quads > 0; --quads, w += next) {
      products::template add<Pixels, Filters>(inputs, w, sums);
#pragma GCC unroll 2
      for (int p = 0; p < Pixels; ++p) inputs[p] += advance;
    }
#pragma GCC unroll 2
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
      for (int f = 0; f < Filters; ++f) to[p][f] = sums[p][f];
  }
  template <int Pixels, int Filters>
  [[gnu::noinline]] static void add_quads(const std::byte* from, std::ptrdiff_t pixel, std::ptrdiff_t advance,
                                          const std::byte* w, std::ptrdiff_t next, int quads,
                                          std::int32_t (&to)[index(Pixels)][index(Filters)]) noexcept {
    add_quads_of<Pixels, Filters>(from, pixel, advance, w, next, quads, to);
  }
  template <int Pixels, int Filters>
  [[gnu::noinline]] static void add_whole_quads(const std::byte* from, std::ptrdiff_t pixel, const std::byte* w,
                                                std::ptrdiff_t next, int quads,
                                                std::int32_t (&to)[index(Pixels)][index(Filters)]) noexcept {
    add_quads_of<Pixels, Filters>(from, pixel, 4, w, next, quads, to);
  }

  /// Computes the sums of `Pixels` neighboring output pixels for all filters of a block.
  template <int Pixels>
  static void multiply(const steps& s, const std::byte* from, const std::byte* weights, int filters,
                       std::int32_t (&sums)[2][block_filters]) noexcept {
    constexpr int together = Pixels == 1 ? 4 : 2;
    int f = 0;
    for (; f + together <= filters; f += together) tile<Pixels, together>(s, from, weights, f, sums);
    for (; f < filters; ++f) tile<Pixels, 1>(s, from, weights, f, sums);
  }
};

}  // namespace minnow::kernels::detail
