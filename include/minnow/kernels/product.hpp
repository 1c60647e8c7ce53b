#pragma once

#include <algorithm>
#include <cstddef>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot.hpp>
#include <minnow/kernels/epilogue.hpp>
#include <minnow/kernels/float_pair.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/ordered_sums.hpp>
#include <minnow/kernels/shift.hpp>
#include <minnow/kernels/xnor.hpp>

namespace minnow::kernels {

/// The kernel that multiplies a packed map by packed weights on an architecture: `In` and `Weights` are operands.
///
///   sum_type                      std::int32_t, or float where an operand is one
///   name(g), arch_name(g)         for summaries: the kernel, and the rung of the ladder that it stands on
///   prepared_bytes(g)             bytes that a session keeps beside the weights, filled once by prepare()
///   scratch_bytes(g)              bytes that one call needs
///   rows(g, operands, first, last, sink)
///                                 hands the sums of the output rows [first, last) to a sink (epilogue.hpp)
///
/// This one serves pairs with half or real numbers. Other sinks than float_sink see their sums as integers in the same
/// order (ordered_sums.hpp).
template <class In, class Weights, class Arch>
struct product : float_pair<In, Weights, Arch> {
  using pair = float_pair<In, Weights, Arch>;

  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return cached_bytes(g) + pair::scratch_bytes(g);
  }
  static void rows(const geometry& g, const operands& o, int first, int last, const float_sink& sink) noexcept {
    pair::rows(g, o.inputs, o.weights, o.prepared, sink.sums, o.scratch + cached_bytes(g), first, last);
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

namespace detail {

template <encoding E>
inline constexpr bool one_or_two_bits = E == encoding::bit || E == encoding::ternary;

template <class In, class Weights>
inline constexpr bool xnor_operands = one_or_two_bits<In::storage> && one_or_two_bits<Weights::storage>;

template <class In, class Weights>
inline constexpr bool shift_operands = In::storage == encoding::power_of_two && Weights::storage == encoding::power_of_two;

}  // namespace detail

/// Bit and ternary inputs by bit and ternary weights.
template <class In, class Weights, class Arch>
  requires detail::xnor_operands<In, Weights>
struct product<In, Weights, Arch> : xnor_product<In, Weights, Arch> {};

/// The other pairs of integers.
template <class In, class Weights, class Arch>
  requires(is_integer(In::storage) && is_integer(Weights::storage) && !detail::xnor_operands<In, Weights>)
struct product<In, Weights, Arch> : dot_product<In, Weights, Arch> {};

/// Powers of two where nothing multiplies faster than a shift.
template <class In, class Weights>
  requires detail::shift_operands<In, Weights>
struct product<In, Weights, scalar> : shift_product<In, Weights> {};

}  // namespace minnow::kernels
