#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/direct/direct.hpp>
#include <minnow/kernels/dot/portable.hpp>
#include <minnow/kernels/dot/shift.hpp>
#include <minnow/kernels/grouped/portable.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/xnor/portable.hpp>
#include <minnow/kernels/xnor/prepare.hpp>

namespace minnow::kernels {

/// Integer products without xsimd, for programs that use only the architecture `portable`. The kernels are the same as
/// in product<In, Weights, portable> (product.hpp), except for grouped convolutions, which have simpler kernels here.
///
/// Grouped  true for convolutions with more than one group
/// Loops    the inner loops of kernels/direct that are compiled; at least loops_of(g) for each shape g
template <class In, class Weights, bool Grouped = false, unsigned Loops = detail::all_loops>
struct portable_product {
  static_assert(is_integer(In::storage) && is_integer(Weights::storage),
                "minnow: a portable_product multiplies integers");

  using sum_type = std::int32_t;
  static constexpr bool counts = detail::xnor_operands<In, Weights> && !Grouped;
  using widening = detail::portable_kernel<
      In, Weights,
      std::conditional_t<detail::shift_operands<In, Weights>, detail::portable_shifts, detail::portable_products>>;
  using ungrouped =
      std::conditional_t<detail::direct_operands<In, Weights>, detail::direct_kernel<In, Weights, Loops>, widening>;
  using kernel = std::conditional_t<Grouped, detail::grouped_portable<In, Weights, Loops>, ungrouped>;

  [[nodiscard]] static constexpr unsigned loops_of(const geometry& g) noexcept {
    if constexpr (Grouped || detail::direct_operands<In, Weights>) return kernel::loops_of(g);
    else return detail::all_loops;
  }

  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    if constexpr (counts) return detail::xnor_prepared_bytes<In::storage, Weights::storage>(g);
    else return 0;
  }
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    if constexpr (counts) return detail::xnor_scratch_bytes<In::storage, Weights::storage>(g);
    else return kernel::scratch_bytes(g);
  }
  static void prepare([[maybe_unused]] const geometry& g, [[maybe_unused]] const std::byte* weights,
                      [[maybe_unused]] std::byte* prepared) noexcept {
    if constexpr (counts)
      detail::xnor_prepare<In::storage, Weights::storage>(g, weights, reinterpret_cast<std::int32_t*>(prepared));
  }
  template <class Sink>
  static void rows(const geometry& g, const operands& o, int first, int last, const Sink& sink) noexcept {
    if constexpr (counts) detail::xnor_portable<In::storage, Weights::storage>::run(g, o, first, last, sink);
    else kernel::run(g, o, first, last, sink);
  }
};

}  // namespace minnow::kernels
