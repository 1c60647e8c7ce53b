#pragma once

#include <cassert>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/xnor_scalar.hpp>
#include <minnow/kernels/xnor_tile.hpp>

/// Products of bit and ternary inputs with bit and ternary weights, by xor and popcount: any kernel, stride and
/// padding, straight from the packed map. A dense layer is a map of one pixel. Taps outside the image are skipped.
///
/// inputs (H, W) pixels, weights F filters -> sums (last_row - first_row, out.width, sum_stride(F)), beginning with the
/// first row asked for; lanes beyond F are 0
///
/// requires  the layouts of layout.hpp, both buffers aligned to words and 64 readable bytes behind them
/// cost      operations per 512 bits: see bit_counter for counting and xnor_tile.hpp for the products
/// throws    never
namespace minnow::kernels {

namespace detail {

[[nodiscard]] constexpr bool rows_of(const geometry& g, int first_row, int last_row) noexcept {
  return 0 <= first_row && first_row <= last_row && last_row <= g.out.height;
}

/// The batch kernels add modulo 2^32; the same bytes hold the signed sums.
template <encoding In, encoding Weights, class Arch>
void xnor_on_batches(const geometry& g, const word* inputs, const word* weights, std::int32_t* sums, int first_row,
                     int last_row) noexcept {
  assert(rows_of(g, first_row, last_row) && "rows of the output");
  xnor_kernel<In, Weights, Arch>::run(g, inputs, weights, reinterpret_cast<word*>(sums), first_row, last_row);
}

}  // namespace detail

template <encoding In, encoding Weights>
void xnor(const geometry& g, const word* inputs, const word* weights, std::int32_t* sums, int first_row, int last_row,
          scalar) noexcept {
  assert(detail::rows_of(g, first_row, last_row) && "rows of the output");
  detail::xnor_scalar<In, Weights>::run(g, inputs, weights, sums, first_row, last_row);
}

template <encoding In, encoding Weights>
void xnor(const geometry& g, const word* inputs, const word* weights, std::int32_t* sums, int first_row, int last_row,
          xsimd::avx2) noexcept {
  detail::xnor_on_batches<In, Weights, xsimd::avx2>(g, inputs, weights, sums, first_row, last_row);
}

template <encoding In, encoding Weights>
void xnor(const geometry& g, const word* inputs, const word* weights, std::int32_t* sums, int first_row, int last_row,
          xsimd::avx512bw) noexcept {
  detail::xnor_on_batches<In, Weights, xsimd::avx512bw>(g, inputs, weights, sums, first_row, last_row);
}

template <encoding In, encoding Weights>
void xnor(const geometry& g, const word* inputs, const word* weights, std::int32_t* sums, int first_row, int last_row,
          avx512_vpopcntdq) noexcept {
  detail::xnor_on_batches<In, Weights, avx512_vpopcntdq>(g, inputs, weights, sums, first_row, last_row);
}

/// The rung of the ladder above that serves an architecture.
constexpr const char* xnor_rung(scalar) noexcept { return arch_name<scalar>(); }
constexpr const char* xnor_rung(xsimd::avx2) noexcept { return arch_name<xsimd::avx2>(); }
constexpr const char* xnor_rung(xsimd::avx512bw) noexcept { return arch_name<xsimd::avx512bw>(); }
constexpr const char* xnor_rung(avx512_vpopcntdq) noexcept { return arch_name<avx512_vpopcntdq>(); }

}  // namespace minnow::kernels
