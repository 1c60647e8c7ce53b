#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/decoder.hpp>
#include <minnow/kernels/dot/weights.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>

/// The layout of weights for products of a few pixels, in which a byte holds several codes. A field is the bits of one
/// code: 1, 2 or 4 bits. A mask extracts a field of all bytes of a vector, and the result is the operand of a dot
/// product. prepare() converts the packed weights to this layout.
///
/// A step is 64 bytes for a block of 16 filters. It holds 8 / bits quads (four adjacent channels) of the window. Byte
/// 4f + c holds channel c of filter f; field i of the byte (bits i · bits and above) belongs to quad i of the step:
///
///   2 bits   byte 4f + c of step s:   bits 0-1 quad 4s | bits 2-3 quad 4s + 1 | bits 4-5 quad 4s + 2 | bits 6-7 quad 4s + 3
///
/// The layout is [blocks][steps][64]. Filters and quads that do not exist are padding. Their codes may be any number,
/// because a sink ignores such filters, and the inputs of such quads are 0.
namespace minnow::kernels::detail {

/// A weight w is stored as the code (w + offset) / gain, which is not negative. With a product A of inputs and codes,
/// and the sum U of the inputs, the product of inputs and weights is gain · A - offset · U.
struct field_code {
  int bits;  ///< of a field; 0 if the weights do not fit into 4 bits
  int gain;
  int offset;

  /// Number of fields in a byte.
  [[nodiscard]] constexpr int fields() const noexcept { return 8 / bits; }
};

template <class Weights>
[[nodiscard]] constexpr field_code field_code_of() noexcept {
  if (Weights::storage == encoding::bit) return {1, 2, 1};
  constexpr int largest = largest_code<Weights>();
  return {largest == 1 ? 2 : largest <= 8 ? 4 : 0, 1, largest};
}

/// The largest number of output pixels whose products use fields. With more pixels, it is faster to decode the weights
/// to memory once (dot/kernel.hpp).
inline constexpr int most_field_pixels = 8;

/// True for a map of so few output pixels that all of them are computed together.
[[nodiscard]] constexpr bool has_few_pixels(const geometry& g) noexcept {
  return g.out.height * g.out.width <= most_field_pixels;
}

/// Number of steps of a window.
[[nodiscard]] constexpr int field_steps(const geometry& g, int fields) noexcept {
  return ceil_div(g.kernel.height * g.kernel.width * channel_quads(g.in.channels), fields);
}

/// Bytes of all weights in this layout.
template <class Weights>
[[nodiscard]] constexpr std::size_t field_bytes(const geometry& g) noexcept {
  return index(blocks(g.out.channels)) * index(field_steps(g, field_code_of<Weights>().fields())) * quad_bytes;
}

/// Converts packed weights to fields, and fills the table of dot_table_bytes(): -zero · Σ w for each tap and filter. This
/// takes about twelve vector operations for each quad.
///
/// block_size   bytes of a whole block of packed weights
template <weight_order Order, class Weights, class Isa>
void store_fields(const geometry& g, const std::byte* weights, std::size_t block_size, int zero, std::int32_t* table,
                  std::byte* to) noexcept {
  using numbers = typename Isa::numbers;
  constexpr field_code code = field_code_of<Weights>();
  constexpr int lanes = static_cast<int>(numbers::size);
  constexpr int vectors = block_filters / lanes;
  constexpr std::int32_t ones = 0x01010101;
  const xsimd::batch<std::int8_t, typename numbers::arch_type> offset(static_cast<std::int8_t>(code.offset));
  const std::ptrdiff_t block_fields = static_cast<std::ptrdiff_t>(field_steps(g, code.fields())) * quad_bytes;
  // Weights of channels that do not exist may be any number. They are no part of the sums.
  const std::int32_t used = ones >> (8 * (4 * channel_quads(g.in.channels) - g.in.channels));
  for (int block = 0; block < blocks(g.out.channels); ++block, weights += block_size, to += block_fields) {
    std::memset(to, 0, index(block_fields));
    for (int tap = 0; tap < g.kernel.height * g.kernel.width; ++tap) {
      const quad_range range{weights, filters_of(g.out.channels, block), g.in.channels, tap};
      typename Isa::sums sums[index(vectors)];
      for (auto& sum : sums) sum = Isa::zero();
      const auto put = [&](int quad, int v, const numbers& bytes) {
        const bool is_last = quad + 1 == range.quads();
        sums[v] = Isa::add(sums[v], Isa::of(numbers(is_last ? used : ones)), Isa::from(bytes));
        const int at = tap * range.quads() + quad;
        auto* field =
            reinterpret_cast<std::int32_t*>(to + std::ptrdiff_t{quad_bytes} * (at / code.fields())) + v * lanes;
        numbers codes = xsimd::bitwise_cast<std::int32_t>(xsimd::bitwise_cast<std::int8_t>(bytes) + offset);
        if constexpr (code.gain == 2) codes = (codes >> 1) & numbers(ones);  // a padding weight of 0 gives 1 / 2
        codes = codes << (code.bits * (at % code.fields()));
        (numbers::load_aligned(field) | codes).store_aligned(field);
      };
      dot_decoder<typename Isa::arch>::template decode<Order, Weights>(
          range, [&](int, int quad, int v, const auto& bytes) {
            if constexpr (requires { bytes.at; }) {
              for (int i = 0; i < vectors; ++i)
                put(quad, i, numbers::load_aligned(reinterpret_cast<const std::int32_t*>(bytes.at) + i * lanes));
            } else {
              put(quad, v, numbers(bytes));
            }
          });
      std::int32_t* entries =
          table + static_cast<std::ptrdiff_t>(tap) * sum_stride(g.out.channels) + block * block_filters;
      for (int v = 0; v < vectors; ++v) (numbers(-zero) * Isa::total(sums[v])).store_unaligned(entries + v * lanes);
    }
  }
}

}  // namespace minnow::kernels::detail
