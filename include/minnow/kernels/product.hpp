#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/dot.hpp>
#include <minnow/kernels/dot/shift.hpp>
#include <minnow/kernels/grouped/grouped.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/float_pair.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/sink/erased_sink.hpp>
#include <minnow/kernels/sink/ordered_sums.hpp>
#include <minnow/kernels/sink/sum_sink.hpp>
#include <minnow/kernels/xnor/xnor.hpp>

namespace minnow::kernels {

/// The kernel that multiplies a packed map by packed weights on an architecture. `In` and `Weights` are operands.
///
///   sum_type                      std::int32_t, or float if an operand is half or real
///   name(g), arch_name(g)         for summaries: the name of the kernel, and the name of the architecture that
///                                 the kernel is written for
///   prepared_bytes(g)             bytes that a session keeps beside the weights; prepare() fills them once. For
///                                 integers, prepare() takes the zero point of the inputs
///   scratch_bytes(g)              bytes of scratch memory that one call needs
///   rows(g, operands, first, last, sink)
///                                 hands the sums of the output rows [first, last) to a sink (sink/sink.hpp)
///
/// The primary template handles pairs with half or real numbers. float_sink receives the sums as floats. Every other
/// sink receives integers that increase with the floats (sink/ordered_sums.hpp).
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

/// Specialization for powers of two on `portable`, which uses shifts instead of multiplications.
template <class In, class Weights>
  requires detail::shift_operands<In, Weights>
struct product<In, Weights, portable> : shift_product<In, Weights> {};

namespace detail {

/// Returns the calling thread's memory for the codes of one layer.
inline std::vector<std::int16_t>& codes_of_thread() {
  thread_local std::vector<std::int16_t> codes;
  return codes;
}

/// Packs the codes of weights (F, kh, kw, C / groups), given as floats.
template <class In, class Weights>
void pack_float_weights(const geometry& g, std::span<const float> codes, std::byte* packed) {
  if constexpr (is_integer(Weights::storage)) {
    // Packing reads each code once for each bit, so all codes are converted to integers first.
    std::vector<std::int16_t>& integers = codes_of_thread();
    integers.assign(codes.begin(), codes.end());
    kernels::pack_weights<In::storage, Weights::storage, Weights::bits>(g, integers.data(), packed);
  } else {
    kernels::pack_weights<In::storage, Weights::storage, Weights::bits>(g, codes.data(), packed);
  }
}

/// Prepares a kernel for inputs with the zero point `input_zero`, which is 0 unless the inputs are unsigned bytes.
template <class Kernel>
void prepare_kernel(const geometry& g, const std::byte* weights, std::byte* prepared, int input_zero) noexcept {
  if constexpr (requires { Kernel::prepare(g, weights, prepared, input_zero); })
    Kernel::prepare(g, weights, prepared, input_zero);
  else Kernel::prepare(g, weights, prepared);
}

/// The functions of a kernel for the architecture `best`, compiled once for all sinks and layers.
template <bool Grouped, class In, class Weights>
struct product_calls {
  using kernel = std::conditional_t<Grouped, grouped_product<In, Weights, best>, product<In, Weights, best>>;

  static void pack_weights(const geometry& g, std::span<const float> codes, std::byte* packed);
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, int input_zero) noexcept;
  static void rows(const geometry& g, const operands& o, int first, int last, const erased_sink& sink) noexcept;
  /// Used only for kernels whose sums are floats.
  static void rows(const geometry& g, const operands& o, int first, int last, const float_sink& sink) noexcept;
};

/// True for the operands whose kernels the library minnow::compiled contains. The other operands are rarely used, and
/// their kernels would double the number of compiled kernels.
template <class Operand>
inline constexpr bool is_common_operand =
    Operand::storage != encoding::half && (Operand::storage != encoding::power_of_two || Operand::bits == 3);

}  // namespace detail

/// The kernel of a convolution as networks call it: grouped_product if Grouped, else product.
template <bool Grouped, class In, class Weights, class Arch>
struct product_of : std::conditional_t<Grouped, grouped_product<In, Weights, Arch>, product<In, Weights, Arch>> {
  using kernel = std::conditional_t<Grouped, grouped_product<In, Weights, Arch>, product<In, Weights, Arch>>;
  static constexpr bool is_common = detail::is_common_operand<In> && detail::is_common_operand<Weights>;
  using calls =
      std::conditional_t<std::is_same_v<Arch, best> && is_common, detail::product_calls<Grouped, In, Weights>, kernel>;

  /// Packs the codes of weights (F, kh, kw, C / groups), given as floats.
  static void pack_weights(const geometry& g, std::span<const float> codes, std::byte* packed) {
    if constexpr (is_common) detail::product_calls<Grouped, In, Weights>::pack_weights(g, codes, packed);
    else detail::pack_float_weights<In, Weights>(g, codes, packed);
  }
  /// input_zero  the zero point of the inputs (operands::zero)
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, int input_zero = 0) noexcept {
    if constexpr (std::is_same_v<calls, kernel>) detail::prepare_kernel<kernel>(g, weights, prepared, input_zero);
    else calls::prepare(g, weights, prepared, input_zero);
  }
  template <class Sink>
  static void rows(const geometry& g, const operands& o, int first, int last, const Sink& sink) noexcept {
    if constexpr (std::is_same_v<Sink, float_sink>) calls::rows(g, o, first, last, sink);
    else calls::rows(g, o, first, last, erased_sink::of<typename kernel::counts>(sink));
  }
};

}  // namespace minnow::kernels

#if !defined(MINNOW_COMPILED)
#include <minnow/kernels/impl/product.ipp>
#endif
