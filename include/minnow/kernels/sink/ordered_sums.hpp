#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/simd.hpp>
#include <minnow/kernels/sink/sink.hpp>
#include <minnow/kernels/sink/tile.hpp>

/// Conversion of float sums to integers for the sinks of sink/sink.hpp, which compare integers.
///
/// The bits of a float, with all bits below the sign inverted if the sign is set, form an integer that increases with
/// the float. So a sink can compare a float sum with a threshold by comparing their integers. The integer of -x is the
/// bitwise complement of the integer of x.
namespace minnow::kernels {

/// Converts a float to its ordered integer. The result for -0 is one less than the result for 0. The results for NaNs
/// are beyond the results for the infinities.
[[nodiscard]] constexpr std::int32_t ordered(float x) noexcept {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
/// Converts an ordered integer back to its float.
[[nodiscard]] constexpr float from_ordered(std::int32_t i) noexcept {
  return std::bit_cast<float>(i ^ ((i >> 31) & 0x7fffffff));
}

namespace detail {

template <class Arch>
inline constexpr bool orders_batches = !std::is_same_v<float_vector<Arch>, plain_floats>;

/// The ordered integers of a vector of floats.
template <class Arch>
struct ordered_counts {
  using type = plain_sums;
};
template <class Arch>
  requires orders_batches<Arch>
struct ordered_counts<Arch> {
  using batch = xsimd::batch<std::int32_t, typename float_vector<Arch>::arch_type>;
  using type = counts_of<1, batch>;
};

/// Does what put_ordered does, for `Blocks` blocks of filters from `channel` on.
template <class Arch, int Blocks, class Sink>
void put_ordered_blocks(const geometry& g, const float* sums, int first, int last, int channel,
                        const Sink& sink) noexcept {
  const int stride = sum_stride(g.out.channels), filters = std::min(g.out.channels - channel, Blocks * block_filters);
  sums += channel;
  if constexpr (!orders_batches<Arch>) {
    for (int y = first; y < last; ++y)
      for (int x = 0; x < g.out.width; ++x, sums += stride) {
        std::int32_t block[block_filters];
        for (int f = 0; f < block_filters; ++f) block[f] = ordered(sums[f]);
        sink.put(y, x, channel, filters, block);
      }
  } else {
    using floats = float_vector<Arch>;
    using batch = typename ordered_counts<Arch>::batch;
    constexpr int lanes = static_cast<int>(batch::size), vectors = Blocks * block_filters / lanes, most = 8;
    batch base[index(vectors)];
    for (batch& b : base) b = batch(0);
    const auto panel = sink.template panel<1>(base, channel, filters);
    for (int y = first; y < last; ++y)
      for (int x = 0; x < g.out.width; x += most) {
        const int size = std::min(most, g.out.width - x);
        cursor at[most];
        batch tile[most][index(vectors)];
        for (int q = 0; q < size; ++q, sums += stride) {
          at[q] = {y, x + q};
#pragma GCC unroll 16
          for (int v = 0; v < vectors; ++v) {
            const batch bits = xsimd::bitwise_cast<std::int32_t>(floats::load_unaligned(sums + v * lanes));
            tile[q][v] = bits ^ ((bits >> 31) & batch(0x7fffffff));
          }
        }
        put_tile(panel, at, size, tile);
      }
  }
}

}  // namespace detail

/// Hands the sums of the output rows [first, last) to a sink, as ordered integers.
///
/// sums  (last - first, out.width, sum_stride(F))
template <class Arch, class Sink>
void put_ordered(const geometry& g, const float* sums, int first, int last, const Sink& sink) noexcept {
  constexpr int most = detail::orders_batches<Arch> ? 2 : 1;
  int channel = 0;
  for (; channel + most * block_filters <= sum_stride(g.out.channels); channel += most * block_filters)
    detail::put_ordered_blocks<Arch, most>(g, sums, first, last, channel, sink);
  if constexpr (most > 1)
    if (channel < g.out.channels) detail::put_ordered_blocks<Arch, 1>(g, sums, first, last, channel, sink);
}

/// Gives a kernel that stores float sums the interface of kernels::product. A float_sink receives the sums as floats.
/// For any other sink the sums are stored in scratch, a few rows at a time, and handed over as ordered integers.
template <class Kernel, class Arch>
struct with_sinks : Kernel {
  using counts = typename detail::ordered_counts<Arch>::type;

  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return cached_bytes(g) + Kernel::scratch_bytes(g);
  }
  static void rows(const geometry& g, const operands& o, int first, int last, const float_sink& sink) noexcept {
    Kernel::rows(g, o.inputs, o.weights, o.prepared, sink.sums, o.scratch + cached_bytes(g), first, last);
  }
  template <class Sink>
  static void rows(const geometry& g, const operands& o, int first, int last, const Sink& sink) noexcept {
    auto* sums = reinterpret_cast<float*>(o.scratch);
    for (int y = first; y < last; y += cached_rows(g)) {
      const int end = std::min(y + cached_rows(g), last);
      rows(g, o, y, end, float_sink{sums});
      put_ordered<Arch>(g, sums, y, end, sink);
    }
  }
};

}  // namespace minnow::kernels
