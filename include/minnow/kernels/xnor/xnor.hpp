#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/xnor/popcnt.hpp>
#include <minnow/kernels/xnor/portable.hpp>
#include <minnow/kernels/xnor/prepare.hpp>
#include <minnow/kernels/xnor/tile.hpp>

/// XNOR products of bit and ternary codes. A call uses the files of kernels/xnor in this order:
///
/// xnor.hpp      xnor_product, the interface: selects the kernel of the architecture
/// prepare.hpp   values computed once: per network, the counts of nonzero ternary weights; per call, paired words of
///               bit inputs, or the counts of nonzero inputs in ternary windows
/// tile.hpp      the kernel on SIMD batches (AVX2, AVX-512, NEON): loops over panels of filters, regions and tiles, and
///               hands counts (defined in pairs.hpp) to the sink
/// pairs.hpp     one step of a tile for each pair of codes, with the derivation of the formulas
/// count.hpp     popcount and three-operand logic on vectors
/// portable.hpp  the kernel in standard C++, which replaces tile.hpp, pairs.hpp and count.hpp on other architectures
/// popcnt.hpp    the kernel with the 64-bit popcount instruction (SSE4.2), inside the loops of portable.hpp
namespace minnow::kernels {

namespace detail {

/// Selects the kernel: each overload names the kernel of one tag, and an architecture uses the overload of its nearest
/// base class.
template <encoding In, encoding Weights>
selected_kernel<portable, xnor_portable<In, Weights>> xnor_kernel_of(portable);
template <encoding In, encoding Weights>
selected_kernel<xsimd::sse4_2, xnor_popcnt<In, Weights>> xnor_kernel_of(xsimd::sse4_2);
template <encoding In, encoding Weights>
selected_kernel<xsimd::avx2, xnor_kernel<In, Weights, xsimd::avx2>> xnor_kernel_of(xsimd::avx2);
template <encoding In, encoding Weights>
selected_kernel<xsimd::avx512bw, xnor_kernel<In, Weights, xsimd::avx512bw>> xnor_kernel_of(xsimd::avx512bw);
template <encoding In, encoding Weights>
selected_kernel<avx512_vpopcntdq, xnor_kernel<In, Weights, avx512_vpopcntdq>> xnor_kernel_of(avx512_vpopcntdq);
template <encoding In, encoding Weights>
selected_kernel<xsimd::neon64, xnor_kernel<In, Weights, xsimd::neon64>> xnor_kernel_of(xsimd::neon64);

}  // namespace detail

/// Products of bit and ternary inputs with bit and ternary weights by xor and popcount. They support any kernel size,
/// stride and padding, and read the packed map directly. A dense layer is a map of one pixel. Taps (kernel positions)
/// outside the image are skipped.
///
/// kernels::product (product.hpp) describes the interface.
///
/// cost  stated in xnor/pairs.hpp for SIMD batches, else in xnor/portable.hpp and xnor/popcnt.hpp
template <class In, class Weights, class Arch>
struct xnor_product {
  using sum_type = std::int32_t;
  using selected = decltype(detail::xnor_kernel_of<In::storage, Weights::storage>(Arch{}));
  using counts = typename selected::kernel::counts;

  static constexpr const char* name(const geometry&) noexcept { return "xnor"; }
  static constexpr const char* arch_name(const geometry&) noexcept {
    return kernels::arch_name<typename selected::arch>();
  }
  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return detail::xnor_prepared_bytes<In::storage, Weights::storage>(g);
  }
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return detail::xnor_scratch_bytes<In::storage, Weights::storage>(g);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    detail::xnor_prepare<In::storage, Weights::storage>(g, weights, reinterpret_cast<std::int32_t*>(prepared));
  }
  template <class Sink>
  static void rows(const geometry& g, const operands& o, int first, int last, const Sink& sink) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    if (first < last) selected::kernel::run(g, o, first, last, sink);
  }
};

}  // namespace minnow::kernels
