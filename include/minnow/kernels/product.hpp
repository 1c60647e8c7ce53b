#pragma once

#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/dot.hpp>
#include <minnow/kernels/dot/shift.hpp>
#include <minnow/kernels/grouped/grouped.hpp>
#include <minnow/kernels/mixed/float_pair.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/sink/ordered_sums.hpp>
#include <minnow/kernels/xnor/xnor.hpp>

namespace minnow::kernels {

/// The kernel that multiplies a packed map by packed weights on an architecture. `In` and `Weights` are operands.
///
///   sum_type                      std::int32_t, or float if an operand is half or real
///   name(g), arch_name(g)         names for summaries: of the kernel, and of the architecture that the kernel is
///                                 written for
///   prepared_bytes(g)             bytes that a session keeps beside the weights; prepare() fills them once
///   scratch_bytes(g)              bytes of scratch memory that one call needs
///   rows(g, operands, first, last, sink)
///                                 hands the sums of the output rows [first, last) to a sink (sink/sink.hpp)
///
/// The primary template handles pairs with half or real numbers. float_sink receives the sums as floats. Every other
/// sink receives integers in the same order as the floats (sink/ordered_sums.hpp).
template <class In, class Weights, class Arch>
struct product : with_sinks<float_pair<In, Weights, Arch>, Arch> {};

/// Specialization for bit and ternary inputs with bit and ternary weights.
template <class In, class Weights, class Arch>
  requires detail::xnor_operands<In, Weights>
struct product<In, Weights, Arch> : xnor_product<In, Weights, Arch> {};

/// Specialization for all other pairs of integers.
template <class In, class Weights, class Arch>
  requires(is_integer(In::storage) && is_integer(Weights::storage) && !detail::xnor_operands<In, Weights>)
struct product<In, Weights, Arch> : dot_product<In, Weights, Arch> {};

/// Specialization for powers of two on `portable`, where no multiplication is faster than a shift.
template <class In, class Weights>
  requires detail::shift_operands<In, Weights>
struct product<In, Weights, portable> : shift_product<In, Weights> {};

/// The kernel of a convolution: grouped_product if Grouped, else product.
template <bool Grouped, class In, class Weights, class Arch>
using product_of = std::conditional_t<Grouped, grouped_product<In, Weights, Arch>, product<In, Weights, Arch>>;

}  // namespace minnow::kernels
