#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/xnor.hpp>

namespace minnow::kernels {

/// One operand of a product: how its codes stand in memory, and the Bits of a power_of_two.
template <encoding Storage, int Bits = 3>
struct operand {
  static constexpr encoding storage = Storage;
  static constexpr int bits = Bits;
};

/// The kernel that multiplies a packed map by packed weights on an architecture. This one decodes both to plain numbers;
/// a specialisation takes a pair of encodings to a kernel of its own.
///
///   name(), arch_name()           for summaries: the kernel, and the rung of the ladder that it stands on
///   prepared_bytes(g)             bytes that a session keeps beside the weights, filled once by prepare()
///   scratch_bytes(g)              bytes that one call needs
///   rows(…)                       sums of the output rows [first, last): (last - first, out.width, sum_stride(F))
template <class In, class Weights, class Arch>
struct product {
  using sum_type = sum<In::storage, Weights::storage>;

  static constexpr const char* name() noexcept { return "reference"; }
  static constexpr const char* arch_name() noexcept { return "scalar"; }
  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return reference::panel_bytes<In::storage, Weights::storage>(g);
  }
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return reference::scratch_bytes<In::storage, Weights::storage>(g);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    reference::decode_weights<In::storage, Weights::storage, Weights::bits>(g, weights, prepared);
  }
  static void rows(const geometry& g, const std::byte* inputs, const std::byte*, const std::byte* prepared, sum_type* sums,
                   std::byte* scratch, int first, int last) noexcept {
    reference::decoded_product<In::storage, Weights::storage, In::bits>(g, inputs, prepared, sums, scratch, first, last);
  }
};

/// Bit and ternary inputs by bit and ternary weights.
template <class In, class Weights, class Arch>
  requires((In::storage == encoding::bit || In::storage == encoding::ternary) &&
           (Weights::storage == encoding::bit || Weights::storage == encoding::ternary))
struct product<In, Weights, Arch> {
  using sum_type = std::int32_t;

  static constexpr const char* name() noexcept { return "xnor"; }
  static constexpr const char* arch_name() noexcept { return xnor_rung(Arch{}); }
  static constexpr std::size_t prepared_bytes(const geometry&) noexcept { return 0; }
  static constexpr std::size_t scratch_bytes(const geometry&) noexcept { return 0; }
  static void prepare(const geometry&, const std::byte*, std::byte*) noexcept {}
  static void rows(const geometry& g, const std::byte* inputs, const std::byte* weights, const std::byte*, sum_type* sums, std::byte*,
                   int first, int last) noexcept {
    xnor<In::storage, Weights::storage>(g, reinterpret_cast<const word*>(inputs), reinterpret_cast<const word*>(weights), sums, first,
                                        last, Arch{});
  }
};

}  // namespace minnow::kernels
