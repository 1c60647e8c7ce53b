#pragma once

#include <cstddef>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/mixed/adder_tables.hpp>
#include <minnow/kernels/mixed/code_adder.hpp>
#include <minnow/kernels/mixed/mac.hpp>
#include <minnow/kernels/mixed/tables_avx512.hpp>
#include <minnow/kernels/mixed/tables_portable.hpp>
#include <minnow/kernels/simd.hpp>

/// Kernels for pairs of operands whose sums are floats, with the interface of kernels::product. float_pair chooses the
/// kernel by the pair and the architecture:
///
/// inputs x weights                 portable       SIMD
/// floats x bit, ternary            adder          AVX-512: tables where they are faster, else decoded; without AVX2:
///                                                 adder if there is one output pixel; else decoded
/// floats x power_of_two            shift adder    decoded
/// bit, ternary x floats            adder          decoded
/// power_of_two x floats            shift adder    decoded
/// floats x floats                  mac            mac
/// other integers with floats       mac            decoded
///
/// adder        additions without multiplications
/// shift adder  the same for powers of two, with doublings (x + x) for the exponents
/// tables       additions of partial sums that are looked up in tables
/// decoded      weights and inputs become floats, which are multiplied and added
/// mac          multiply-adds of floats
///
/// The files of this folder, in the order in which a call goes through them:
///
/// input_band.hpp   all kernels: unpacks the input rows that a call reads; half_vector.hpp converts halves and
///                  plane_vector.hpp bit planes
/// mac.hpp          mac, decoded: the loops over blocks of filters and tiles of pixels
/// weight_rows.hpp  mac, decoded: reads weights of every form as rows of floats
/// mac_tile.hpp     mac, decoded: the multiply-adds of one tile, in registers
/// code_adder.hpp   adder, shift adder for inputs in bit planes
/// adder_tables.hpp adder, shift adder, tables for weights in bit planes: the loops; table_index.hpp turns weights into
///                  table indices, tables_portable.hpp and tables_avx512.hpp make the tables and add their entries
namespace minnow::kernels {

namespace detail {

template <class Arch>
inline constexpr bool has_float_batch = !std::is_same_v<float_vector<Arch>, plain_floats>;

template <class In, class Weights>
constexpr const char* adder_name() noexcept {
  constexpr bool shifts = In::storage == encoding::power_of_two || Weights::storage == encoding::power_of_two;
  return shifts ? "shift adder" : "adder";
}

}  // namespace detail

/// Decodes inputs and weights to floats and multiplies them with multiply-adds.
///
/// requires  the layouts of layout.hpp; inputs, weights and prepared weights may be read up to 64 bytes past their end;
///           finite weights, because zeros of the padding may be multiplied by them
/// sums      (last - first, out.width, sum_stride(F)) for F filters; the sums beyond the last filter are 0. The bits of
///           a pixel's sums do not depend on which rows are computed in one call
/// throws    never, and allocates nothing
template <class In, class Weights, class Arch>
struct float_pair : mac<In, Weights, Arch> {
  static_assert(!is_integer(In::storage) || !is_integer(Weights::storage), "minnow: sums of integers are integers");
  using sum_type = float;

  static constexpr bool floats = !is_integer(In::storage) && !is_integer(Weights::storage);
  static constexpr const char* name(const geometry&) noexcept {
    return floats || !detail::has_float_batch<Arch> ? "mac" : "decoded";
  }
  static constexpr const char* arch_name(const geometry&) noexcept {
    if constexpr (detail::has_float_batch<Arch>) return kernels::arch_name<batch_arch<Arch>>();
    else return kernels::arch_name<portable>();
  }
};

/// The kernel with additions only, for inputs in bit planes and float weights, without SIMD.
template <class In, class Weights, class Arch>
  requires(!detail::has_float_batch<Arch> && is_planes(In::storage) && !is_integer(Weights::storage))
struct float_pair<In, Weights, Arch> : code_adder<In, Weights> {
  using sum_type = float;
  static constexpr const char* name(const geometry&) noexcept { return detail::adder_name<In, Weights>(); }
  static constexpr const char* arch_name(const geometry&) noexcept { return kernels::arch_name<portable>(); }
};
/// The kernel with additions only, for float inputs and weights in bit planes, without SIMD.
template <class In, class Weights, class Arch>
  requires(!detail::has_float_batch<Arch> && is_planes(Weights::storage) && !is_integer(In::storage))
struct float_pair<In, Weights, Arch>
    : adder_tables<In, detail::tables_portable<Weights::storage, Weights::bits>, plain_floats> {
  using sum_type = float;
  static constexpr const char* name(const geometry&) noexcept { return detail::adder_name<In, Weights>(); }
  static constexpr const char* arch_name(const geometry&) noexcept { return kernels::arch_name<portable>(); }
};

namespace detail {

/// The lookup tables for float inputs and bit or ternary weights on SIMD architectures: tables_avx512 with AVX-512,
/// else tables_portable. See uses_tables() below.
template <encoding Weights, class Arch>
struct tables_of {
  using type = tables_portable<Weights, 3>;
};
#if XSIMD_WITH_AVX512F
template <encoding Weights, class Arch>
  requires std::is_base_of_v<xsimd::avx512f, Arch>
struct tables_of<Weights, Arch> {
  using type = tables_avx512<Weights>;
};
#endif

template <class In, class Weights, class Arch>
inline constexpr bool may_use_tables = has_float_batch<Arch> && !is_integer(In::storage) &&
                                       (Weights::storage == encoding::bit || Weights::storage == encoding::ternary) &&
                                       (std::is_base_of_v<xsimd::avx512f, Arch> ||
                                        !code_lookup<float_vector<Arch>, weight_planes<Weights::storage>()>::available);

}  // namespace detail

/// Uses lookup tables (adder_tables) for layers where they are faster than multiply-adds, and mac for the other layers.
template <class In, class Weights, class Arch>
  requires detail::may_use_tables<In, Weights, Arch>
struct float_pair<In, Weights, Arch> {
  using sum_type = float;
  using tables = adder_tables<In, typename detail::tables_of<Weights::storage, Arch>::type, float_vector<Arch>>;
  using decoded = mac<In, Weights, Arch>;
  static constexpr bool wide = std::is_base_of_v<xsimd::avx512f, Arch>;

  /// Returns true if the layer is computed with lookup tables. With AVX-512 the choice follows from costs in tenths of
  /// a cycle: up to 10 for a lookup and its addition, 60 for making a table, 5 for a multiply-add. Tables do not pay
  /// off with few filters. They also do not pay off with one or two channels, because a table then covers only one or
  /// two inputs instead of 5 (3 for ternary weights).
  ///
  /// If the instruction set cannot look up floats in a vector register, multiply-adds must read each weight as a 32-bit
  /// float. With a single output pixel each weight is read once, so memory limits the speed. The portable tables are
  /// then faster, because they read only 1 or 2 bits per weight.
  static constexpr bool uses_tables(const geometry& g) noexcept {
    if (!wide) return g.out.pixels() == 1;
    const long long uses = static_cast<long long>(blocks(g.out.channels)) * g.kernel.height * g.kernel.width /
                           (static_cast<long long>(g.stride.height) * g.stride.width);
    return tables::layout::groups(g.in.channels) * (10 * uses + 60) < 5 * uses * g.in.channels;
  }
  static constexpr const char* name(const geometry& g) noexcept {
    if (!uses_tables(g)) return "decoded";
    return wide ? "tables" : "adder";
  }
  static constexpr const char* arch_name(const geometry& g) noexcept {
    return wide || !uses_tables(g) ? kernels::arch_name<batch_arch<Arch>>() : kernels::arch_name<portable>();
  }
  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return uses_tables(g) ? tables::prepared_bytes(g) : decoded::prepared_bytes(g);
  }
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return uses_tables(g) ? tables::scratch_bytes(g) : decoded::scratch_bytes(g);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    if (uses_tables(g)) tables::prepare(g, weights, prepared);
    else decoded::prepare(g, weights, prepared);
  }
  static void rows(const geometry& g, const std::byte* inputs, const std::byte* weights, const std::byte* prepared,
                   float* sums, std::byte* scratch, int first, int last) noexcept {
    if (uses_tables(g)) tables::rows(g, inputs, weights, prepared, sums, scratch, first, last);
    else decoded::rows(g, inputs, weights, prepared, sums, scratch, first, last);
  }
};

}  // namespace minnow::kernels
