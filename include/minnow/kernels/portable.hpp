#pragma once

/// The architecture `portable`, which does not need xsimd. The other architectures are in arch.hpp.
namespace minnow::kernels {

/// The tag of the kernels in standard C++. They run on every processor, with or without SIMD.
///
/// Every architecture tag converts to `portable`. Overload resolution ranks a conversion by constructor after every
/// conversion to a base class, so it chooses an overload on `portable` only if no base class of the tag has one.
/// Therefore the name of xsimd's common base class, which changed between xsimd 13 and 14, is not needed here.
struct portable {
  static constexpr bool supported() noexcept { return true; }
  static constexpr const char* name() noexcept { return "portable"; }

  portable() = default;
  template <class Arch>
    requires requires { Arch::supported(), Arch::name(); }
  constexpr portable(Arch) noexcept {}  // implicit, so that overload resolution can fall back to portable
};

/// The name of `portable` in version 0.1. Version 0.3 removes this alias.
using scalar [[deprecated("minnow: renamed to portable")]] = portable;

template <class Arch>
[[nodiscard]] constexpr const char* arch_name() noexcept {
  return Arch::name();
}

/// The kernel that an architecture selects, and the tag that the kernel is written for.
template <class Arch, class Kernel>
struct selected_kernel {
  using arch = Arch;
  using kernel = Kernel;
};

}  // namespace minnow::kernels
