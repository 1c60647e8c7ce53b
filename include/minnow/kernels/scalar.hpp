#pragma once

/// The lowest architecture, which does not need xsimd. The other architectures are in arch.hpp.
namespace minnow::kernels {

/// The tag of the kernels in standard C++, also for processors for which xsimd has no batch.
///
/// Every architecture tag converts to `scalar`. Overload resolution ranks a conversion by constructor after every
/// conversion to a base class, so it chooses an overload on `scalar` only if no base class of the tag has one.
/// Therefore the name of xsimd's common base class, which changed between 13 and 14, is not needed here.
struct scalar {
  static constexpr bool supported() noexcept { return true; }
  static constexpr const char* name() noexcept { return "scalar"; }

  scalar() = default;
  template <class Arch>
    requires requires { Arch::supported(), Arch::name(); }
  constexpr scalar(Arch) noexcept {}  // implicit: lets overload resolution fall back to scalar
};

template <class Arch>
[[nodiscard]] constexpr const char* arch_name() noexcept {
  return Arch::name();
}

/// The kernel that an architecture selects, and the tag that the kernel is written for.
template <class Arch, class Kernel>
struct rung {
  using arch = Arch;
  using kernel = Kernel;
};

}  // namespace minnow::kernels
