#pragma once

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/avx2.hpp>
#include <minnow/kernels/dot/avx512.hpp>
#include <minnow/kernels/dot/neon.hpp>
#include <minnow/kernels/dot/sse.hpp>
#include <minnow/kernels/dot/unit_base.hpp>

/// Selects the dot product unit of an architecture. To add an instruction set, write a file for it and include it here.
namespace minnow::kernels::detail {

/// Placeholder for architectures without a unit.
struct no_dot {
  using arch = scalar;
};
template <bool Fits>
no_dot dot_unit_of(scalar);

/// The unit of the nearest architecture that has one. `Fits`: whether pairs of products fit 16 bits.
template <class Arch, bool Fits>
using dot_unit = decltype(dot_unit_of<Fits>(Arch{}));

}  // namespace minnow::kernels::detail
