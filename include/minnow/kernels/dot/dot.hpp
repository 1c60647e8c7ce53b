#pragma once

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/integer_product.hpp>
#include <minnow/kernels/dot/isa.hpp>
#include <minnow/kernels/dot/kernel.hpp>
#include <minnow/kernels/dot/rows/portable.hpp>

/// Products of integer codes, computed with dot products of bytes. A call uses the files of kernels/dot in this order:
///
/// dot.hpp       dot_product, the interface: selects dot_kernel, or portable_kernel on architectures without dot
///               product instructions; integer_product.hpp has the functions that shift_product shares
/// isa.hpp       selects the dot product instructions from sse.hpp, avx2.hpp, avx512.hpp and neon.hpp, on the base
///               types of isa_base.hpp
/// code.hpp      how codes become bytes, and the largest number of inputs whose sums fit 32 bits
/// kernel.hpp    dot_kernel: unpacks inputs, decodes weights, loops over panels and regions, feeds the sink
/// inputs.hpp    unpacks the packed map to bytes; planes.hpp expands its bit planes with SIMD
/// weights.hpp   the panel layout of weights, their sums for prepare(), and a decoder in standard C++; decoder.hpp
///               decodes with byte shuffles
/// tile.hpp      the inner loops: some pixels by some blocks, or one pixel by one block that is decoded into registers
/// portable.hpp  portable_kernel, the kernel in standard C++; shift.hpp is its variant for powers of two
/// rows/         products of at most 8 pixels by weights of at most 4 bits: fields.hpp has their layout of weights,
///               sums.hpp the inner loops, kernel.hpp the loops over filters and threads, portable.hpp the kernel in
///               standard C++
namespace minnow::kernels {

namespace detail {

/// Selects the kernel: dot_kernel if the architecture has dot product instructions, else portable_rows.
template <class In, class Weights, class Isa>
struct dot_kernel_on {
  using type = dot_kernel<In, Weights, Isa>;
};
template <class In, class Weights>
struct dot_kernel_on<In, Weights, no_dot> {
  using type = portable_rows<In, Weights>;
};
template <class In, class Weights, class Arch>
using dot_kernel_of = typename dot_kernel_on<In, Weights, dot_isa<Arch, pairs_fit_16_bits<In, Weights>>>::type;

}  // namespace detail

/// Products of integer inputs and integer weights, computed with dot products of bytes. Any kernel size, stride and
/// padding is supported. Each call unpacks the inputs to bytes once. Weights of less than 8 bits are decoded one panel
/// (one to four blocks of 16 filters) at a time. Taps (kernel positions) outside the image are skipped.
///
/// requires  thresholds of the sink that are at most the largest possible sum + 1
/// cost      stated in the files that dot/isa.hpp includes
template <class In, class Weights, class Arch>
struct dot_product : detail::integer_product<In, Weights, detail::dot_kernel_of<In, Weights, Arch>> {
  static_assert(is_integer(In::storage) && is_integer(Weights::storage) && Weights::storage != encoding::pixel,
                "minnow: a dot product of bytes takes integer inputs and weights");

  static constexpr const char* name(const geometry&) noexcept {
    return Weights::storage == encoding::byte ? "dot" : "decoded dot";
  }
};

}  // namespace minnow::kernels
