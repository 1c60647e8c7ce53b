#pragma once

#include <minnow/kernels/simd.hpp>

namespace minnow::kernels::detail {

/// Keeps a batch in its register and makes its value opaque to g++. Otherwise the optimizer of g++ merges the updates
/// of several accumulators through copies and loads the same weights again for each accumulator, which cost a third of
/// the speed of the 1 x 1 kernel.
template <class Batch>
[[gnu::always_inline]] inline void hold([[maybe_unused]] Batch& batch) noexcept {
#if XSIMD_WITH_AVX512F && defined(__GNUC__)
  if constexpr (sizeof(Batch) == 64) __asm__("" : "+v"(batch.data));
#endif
}

}  // namespace minnow::kernels::detail
