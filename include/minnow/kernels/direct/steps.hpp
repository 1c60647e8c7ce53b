#pragma once

#include <minnow/kernels/direct/dsp.hpp>
#include <minnow/kernels/direct/helium.hpp>
#include <minnow/kernels/direct/portable.hpp>

// Attributes of the functions that contain inner loops. They are not inlined, so that the loops have all registers. At
// -Os, g++ would keep the sums of a tile in memory, which doubles the number of instructions; these functions are then
// optimized as at -O2.
#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && !defined(__clang__)
#define MINNOW_INNER_LOOPS gnu::noinline, gnu::optimize("O2")
#else
#define MINNOW_INNER_LOOPS gnu::noinline
#endif

/// Selects the inner loops of direct.hpp and depthwise.hpp by the instructions that the compiler's flags allow.
namespace minnow::kernels::detail {

/// Stands for all loops of a kernel, see `direct_kernel::loops_of`.
inline constexpr unsigned all_loops = ~0u;

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
template <class In, class Weights>
using direct_steps = helium_steps<In, Weights>;
#elif defined(__ARM_FEATURE_SIMD32) && defined(__thumb2__)
template <class In, class Weights>
using direct_steps = dsp_steps<In, Weights>;
#else
template <class In, class Weights>
using direct_steps = portable_steps<In, Weights>;
#endif

}  // namespace minnow::kernels::detail
