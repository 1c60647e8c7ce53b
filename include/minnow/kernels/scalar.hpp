#pragma once

/// The lowest architecture, which needs no xsimd; the others are in arch.hpp.
namespace minnow::kernels {

/// The last rung: standard C++, also where xsimd has no batch.
///
/// Every architecture converts to it. A conversion by constructor ranks behind every conversion to a base, so an
/// overload on `scalar` is taken only where no rung of the tag's own ladder has one; and xsimd's common base, which
/// changed its name between 13 and 14, need not be known.
struct scalar {
  static constexpr bool supported() noexcept { return true; }
  static constexpr const char* name() noexcept { return "scalar"; }

  scalar() = default;
  template <class Arch>
    requires requires { Arch::supported(), Arch::name(); }
  constexpr scalar(Arch) noexcept {}  // implicit: this is the way down
};

template <class Arch>
[[nodiscard]] constexpr const char* arch_name() noexcept {
  return Arch::name();
}

/// What an architecture finds on a kernel's ladder: the tag that the kernel is written for, and the kernel.
template <class Arch, class Kernel>
struct rung {
  using arch = Arch;
  using kernel = Kernel;
};

}  // namespace minnow::kernels
