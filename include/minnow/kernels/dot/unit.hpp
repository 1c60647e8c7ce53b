#pragma once

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/avx2.hpp>
#include <minnow/kernels/dot/avx512.hpp>
#include <minnow/kernels/dot/neon.hpp>
#include <minnow/kernels/dot/sse.hpp>
#include <minnow/kernels/dot/unit_base.hpp>

/// Chooses the dot product of an architecture. A new instruction set is a file of its own, named here.
namespace minnow::kernels::detail {

/// The last rung has no unit.
struct no_dot {
  using arch = scalar;
};
template <bool Fits>
no_dot dot_unit_of(scalar);

/// The unit of the nearest rung; `Fits` where pairs of products fit 16 bits.
template <class Arch, bool Fits>
using dot_unit = decltype(dot_unit_of<Fits>(Arch{}));

}  // namespace minnow::kernels::detail
