#pragma once

#include <type_traits>

#include <minnow/kernels/simd.hpp>
// Defines xsimd's architecture tags, and `unavailable`, in every build; simd.hpp does so only in builds with SIMD.
#include <xsimd/config/xsimd_arch.hpp>

#include <minnow/kernels/one_march.hpp>
#include <minnow/kernels/portable.hpp>

/// Architecture tags: the tags of xsimd, and two tags of this library, `avx512_vpopcntdq` and `portable`. A kernel
/// takes the tag as its last template argument. Overload resolution selects the kernel that is written for the tag. If
/// there is none, it selects the kernel of the nearest base class of the tag that has one, or else the kernel of
/// `portable`.
namespace minnow::kernels {

namespace detail {

/// The last tag in xsimd's chain of AVX-512 tags, in which each tag derives from the one before it. xsimd 14 added one
/// tag to the chain.
#if XSIMD_VERSION_MAJOR < 14
using widest_avx512 = xsimd::avx512vnni<xsimd::avx512vbmi>;
#else
using widest_avx512 = xsimd::avx512vnni<xsimd::avx512vbmi2>;
#endif

}  // namespace detail

/// AVX-512 with a popcount instruction for 32-bit lanes. xsimd has no tag for it. Every processor with this instruction
/// and with byte operations (Ice Lake, Zen 4 and later) also has VBMI2 and VNNI, so the tag derives from the last of
/// xsimd's AVX-512 tags.
///
/// Do not pass this tag to xsimd's run-time `available_architectures()`: the tag is converted to its base class there,
/// so the answer is about the base class.
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

/// The architecture that xsimd chooses, or `portable` if xsimd finds no SIMD. `avx512_vpopcntdq` replaces its base if
/// the compiler's flags allow it.
template <class Choice>
using best_over = std::conditional_t<std::is_same_v<Choice, avx512_vpopcntdq::base> && avx512_vpopcntdq::supported(),
                                     avx512_vpopcntdq,
                                     std::conditional_t<std::is_same_v<Choice, xsimd::unavailable>, portable, Choice>>;

template <class Arch>
struct batch_arch_of {
  using type = Arch;
};
template <>
struct batch_arch_of<avx512_vpopcntdq> {
  using type = avx512_vpopcntdq::base;
};

}  // namespace detail

/// The widest architecture that the compiler's flags allow, or XSIMD_DEFAULT_ARCH if this macro is defined.
using best = detail::best_over<xsimd::default_arch>;

/// The xsimd architecture of the batches that kernels for `Arch` use, as in xsimd::batch<float, batch_arch<best>>. For
/// `portable` it is `portable` itself, which has no batches.
template <class Arch>
using batch_arch = typename detail::batch_arch_of<Arch>::type;

/// A list of architectures, the least capable first.
template <class... Archs>
struct archs {
  static constexpr int size = sizeof...(Archs);

  /// Calls visit(Arch{}) for each architecture, in the order of the list.
  template <class Visit>
  static constexpr void for_each(Visit&& visit) {
    (visit(Archs{}), ...);
  }

  /// Calls visit(Arch{}, Below{}) for each architecture except the first. Below is the architecture before Arch in the
  /// list.
  template <class Visit>
  static constexpr void for_each_step(Visit&& visit) {
    steps(visit, Archs{}...);
  }

  template <class Arch>
  using add = std::conditional_t<Arch::supported(), archs<Archs..., Arch>, archs>;

private:
  template <class Visit, class Lower, class Arch, class... Rest>
  static constexpr void steps(Visit& visit, Lower below, Arch arch, Rest... rest) {
    visit(arch, below);
    steps(visit, arch, rest...);
  }
  template <class Visit, class Last>
  static constexpr void steps(Visit&, Last) {}
};

/// The architectures that have kernels and that this build can run, the least capable first. Tests and benchmarks
/// iterate over them.
using available_archs = archs<portable>::add<xsimd::sse4_2>::add<xsimd::avx2>::add<xsimd::avx512bw>::add<
    avx512_vpopcntdq>::add<xsimd::neon64>;

}  // namespace minnow::kernels
