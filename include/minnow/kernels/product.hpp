#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/decoded.hpp>
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
///   name(g), arch_name(g)         for summaries: the kernel, and the rung of the ladder that it stands on
///   prepared_bytes(g)             bytes that a session keeps beside the weights, filled once by prepare()
///   scratch_bytes(g)              bytes that one call needs
///   rows(…)                       sums of the output rows [first, last): (last - first, out.width, sum_stride(F))
template <class In, class Weights, class Arch>
struct product {
  using sum_type = sum<In::storage, Weights::storage>;

  static constexpr const char* name(const geometry&) noexcept { return "reference"; }
  static constexpr const char* arch_name(const geometry&) noexcept { return "scalar"; }
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

namespace detail {

template <encoding E>
inline constexpr bool one_or_two_bits = E == encoding::bit || E == encoding::ternary;

}  // namespace detail

/// The other pairs of integers, where there are float vectors and the sums are exact in them; else as above.
template <class In, class Weights, class Arch>
  requires(is_integer(In::storage) && is_integer(Weights::storage) &&
           !(detail::one_or_two_bits<In::storage> && detail::one_or_two_bits<Weights::storage>) &&
           xsimd::types::has_simd_register<float, batch_arch<Arch>>::value)
struct product<In, Weights, Arch> {
  using sum_type = std::int32_t;
  using plain = product<In, Weights, scalar>;

  static constexpr bool is_exact(const geometry& g) noexcept {
    return decoded::is_exact<In::storage, In::bits, Weights::storage, Weights::bits>(g);
  }
  static constexpr const char* name(const geometry& g) noexcept { return is_exact(g) ? "decoded" : plain::name(g); }
  static constexpr const char* arch_name(const geometry& g) noexcept {
    return is_exact(g) ? kernels::arch_name<batch_arch<Arch>>() : plain::arch_name(g);
  }
  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return is_exact(g) ? decoded::panel_bytes(g) : plain::prepared_bytes(g);
  }
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return is_exact(g) ? decoded::scratch_bytes(g) : plain::scratch_bytes(g);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    if (is_exact(g)) decoded::decode_weights<In::storage, Weights::storage, Weights::bits>(g, weights, prepared);
    else plain::prepare(g, weights, prepared);
  }
  static void rows(const geometry& g, const std::byte* inputs, const std::byte* weights, const std::byte* prepared, sum_type* sums,
                   std::byte* scratch, int first, int last) noexcept {
    if (is_exact(g)) decoded::product<In::storage, In::bits, Arch>(g, inputs, prepared, sums, scratch, first, last);
    else plain::rows(g, inputs, weights, prepared, sums, scratch, first, last);
  }
};

/// Bit and ternary inputs by bit and ternary weights.
template <class In, class Weights, class Arch>
  requires(detail::one_or_two_bits<In::storage> && detail::one_or_two_bits<Weights::storage>)
struct product<In, Weights, Arch> {
  using sum_type = std::int32_t;

  static constexpr const char* name(const geometry&) noexcept { return "xnor"; }
  static constexpr const char* arch_name(const geometry&) noexcept { return xnor_rung(Arch{}); }
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
