#pragma once

#include <minnow/kernels/direct/dsp.hpp>
#include <minnow/kernels/direct/helium.hpp>
#include <minnow/kernels/direct/portable.hpp>

/// Selects the inner loops of direct.hpp and depthwise.hpp by the instructions that the compiler's flags allow.
namespace minnow::kernels::detail {

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
