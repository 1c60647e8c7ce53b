#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/portable.hpp>

namespace minnow::kernels::detail {

/// Gives a kernel for integers the interface of kernels::product (product.hpp), except for name(). rows() hands sums to
/// a sink (sink/sink.hpp).
///
/// requires  at most longest() inputs in a window, so that sums, counts (sink/sink.hpp) and their comparisons fit 32
///           bits
template <class In, class Weights, class Kernel>
struct integer_product {
  using sum_type = std::int32_t;
  using kernel = Kernel;
  using counts = typename kernel::counts;

  /// The largest number of inputs of a window: 65,535 for signed bytes by signed bytes, 32,896 for signed bytes by
  /// pixels or unsigned bytes.
  static constexpr int longest() noexcept { return dot_inputs<In, Weights>(); }
  static constexpr const char* arch_name(const geometry&) noexcept {
    return kernels::arch_name<typename kernel::arch>();
  }
  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept { return kernel::prepared_bytes(g); }
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept { return kernel::scratch_bytes(g); }
  /// input_zero  as operands::zero
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, int input_zero = 0) noexcept {
    kernel::prepare(g, weights, prepared, input_zero);
  }
  template <class Sink>
  static void rows(const geometry& g, const operands& o, int first, int last, const Sink& sink) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    assert(g.inputs() <= longest() && "sums that fit 32 bits");
    if (first < last) kernel::run(g, o, first, last, sink);
  }
};

}  // namespace minnow::kernels::detail
