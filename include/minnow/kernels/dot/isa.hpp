#pragma once

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/avx2.hpp>
#include <minnow/kernels/dot/avx512.hpp>
#include <minnow/kernels/dot/isa_base.hpp>
#include <minnow/kernels/dot/neon.hpp>
#include <minnow/kernels/dot/sse.hpp>

/// Selects the dot product instructions of an architecture. To add an instruction set, write a file for it and include
/// it here.
namespace minnow::kernels::detail {

/// Placeholder for architectures without dot product instructions.
struct no_dot {
  using arch = portable;
};
template <bool Fits>
no_dot dot_isa_of(portable);

/// The dot product instructions of `Arch` or of its nearest base that has any. `Fits` is true if the sum of two
/// adjacent products fits 16 bits.
template <class Arch, bool Fits>
using dot_isa = decltype(dot_isa_of<Fits>(Arch{}));

}  // namespace minnow::kernels::detail
