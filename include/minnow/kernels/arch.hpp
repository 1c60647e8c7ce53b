#pragma once

#include <type_traits>

#include <minnow/kernels/simd.hpp>
// Where xsimd finds no SIMD it leaves its tags out of the header above; they and `unavailable` are wanted all the same.
#include <xsimd/config/xsimd_arch.hpp>

#include <minnow/kernels/one_march.hpp>
#include <minnow/kernels/scalar.hpp>

/// Architectures are xsimd's tags and two of our own. A kernel takes the tag as its last argument; overload resolution
/// walks down the tag's bases to the nearest rung that has a kernel, and ends at `scalar`.
namespace minnow::kernels {

namespace detail {

/// The top of xsimd's AVX-512 ladder, which grew by one rung in 14.
#if XSIMD_VERSION_MAJOR < 14
using widest_avx512 = xsimd::avx512vnni<xsimd::avx512vbmi>;
#else
using widest_avx512 = xsimd::avx512vnni<xsimd::avx512vbmi2>;
#endif

}  // namespace detail

/// AVX-512 with a popcount for each 32-bit lane, which xsimd has no tag for. Every processor with it and with byte
/// operations (Ice Lake, Zen 4 and later) has VBMI2 and VNNI too, so the tag stands on top of xsimd's ladder.
///
/// Do not ask xsimd's run-time `available_architectures()` about it: the tag would slice to its base.
struct avx512_vpopcntdq : detail::widest_avx512 {
  using base = detail::widest_avx512;

  static constexpr bool supported() noexcept {
#ifdef __AVX512VPOPCNTDQ__
    return base::supported();
#else
    return false;
#endif
  }
  static constexpr const char* name() noexcept { return "avx512vpopcntdq"; }
};

namespace detail {

/// xsimd's choice where it has one, moved up to our own rung where the flags allow that.
template <class Choice>
using best_over = std::conditional_t<std::is_same_v<Choice, avx512_vpopcntdq::base> && avx512_vpopcntdq::supported(),
                                     avx512_vpopcntdq,
                                     std::conditional_t<std::is_same_v<Choice, xsimd::unavailable>, scalar, Choice>>;

template <class Arch>
struct batch_arch_of {
  using type = Arch;
};
template <>
struct batch_arch_of<avx512_vpopcntdq> {
  using type = avx512_vpopcntdq::base;
};

}  // namespace detail

/// The widest architecture that the compiler's flags allow, or XSIMD_DEFAULT_ARCH.
using best = detail::best_over<xsimd::default_arch>;

/// The xsimd architecture whose batches serve `Arch`: xsimd::batch<float, batch_arch<best>>. Not for `scalar`.
template <class Arch>
using batch_arch = typename detail::batch_arch_of<Arch>::type;

/// A list of rungs, lowest first.
template <class... Archs>
struct rungs {
  static constexpr int size = sizeof...(Archs);

  /// Calls visit(Arch{}) for each rung, lowest first.
  template <class Visit>
  static constexpr void for_each(Visit&& visit) {
    (visit(Archs{}), ...);
  }

  /// Calls visit(Arch{}, Below{}) for each rung that has one below it.
  template <class Visit>
  static constexpr void for_each_step(Visit&& visit) {
    steps(visit, Archs{}...);
  }

  template <class Arch>
  using add = std::conditional_t<Arch::supported(), rungs<Archs..., Arch>, rungs>;

private:
  template <class Visit, class Lower, class Arch, class... Rest>
  static constexpr void steps(Visit& visit, Lower below, Arch arch, Rest... rest) {
    visit(arch, below);
    steps(visit, arch, rest...);
  }
  template <class Visit, class Last>
  static constexpr void steps(Visit&, Last) {}
};

/// The rungs with kernels of their own that this build can run; tests and benchmarks walk them.
using available_rungs = rungs<scalar>::add<xsimd::sse4_2>::add<xsimd::avx2>::add<xsimd::avx512bw>::add<
    avx512_vpopcntdq>::add<xsimd::neon64>;

}  // namespace minnow::kernels
