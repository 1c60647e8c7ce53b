#pragma once

#include <cstddef>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/mixed/float_pair.hpp>
#include <minnow/kernels/operand.hpp>

/// Helpers with which training calls the kernels of packed networks.
namespace minnow::detail {

/// Returns the calling thread's scratch memory for a kernel: at least `size` bytes.
inline std::byte* scratch_of_thread(std::size_t size) {
  thread_local aligned_bytes scratch;
  scratch.grow(size);
  return scratch.data();
}

/// The kernel of packed networks for float inputs and quantized weights, which are codes.
template <class Weights>
using float_product = kernels::float_pair<kernels::operand<encoding::real>, Weights, kernels::best>;

/// True if a lookup table of partial sums fits in two registers, as with AVX-512. Lookups are then twice as fast as
/// multiply-adds.
template <class Weights>
inline constexpr bool has_fast_tables = [] {
  if constexpr (requires { float_product<Weights>::wide; }) return float_product<Weights>::wide;
  else return false;
}();

/// Returns true if each image is a single window that all filters read. The product of a batch is then a product of two
/// matrices. Layers with padding are excluded: with a large stride they may have a single window, but the padding
/// shifts it.
[[nodiscard]] constexpr bool is_dense(const geometry& g) noexcept {
  return g.groups == 1 && g.in.height == g.kernel.height && g.in.width == g.kernel.width && g.padding == extent{0, 0} &&
         g.out.pixels() == 1;
}

}  // namespace minnow::detail
