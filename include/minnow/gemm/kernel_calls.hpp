#pragma once

#include <cstddef>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/mixed/float_pair.hpp>
#include <minnow/kernels/operand.hpp>

/// What training needs to call the kernels of packed networks.
namespace minnow::detail {

/// One thread's memory for a kernel.
inline std::byte* scratch_of_thread(std::size_t size) {
  thread_local aligned_bytes scratch;
  scratch.grow(size);
  return scratch.data();
}

/// Floats by codes on the kernels of packed networks.
template <class Weights>
using float_product = kernels::float_pair<kernels::operand<encoding::real>, Weights, kernels::best>;

/// Whether two registers hold a table of partial sums, so that it is twice as fast as multiply-adds (AVX-512).
template <class Weights>
inline constexpr bool has_fast_tables = [] {
  if constexpr (requires { float_product<Weights>::wide; }) return float_product<Weights>::wide;
  else return false;
}();

/// Whether each image is one window that all filters see: then a batch is a product of matrices. Padding moves the window,
/// though a long stride may leave it the only one.
[[nodiscard]] constexpr bool is_dense(const geometry& g) noexcept {
  return g.groups == 1 && g.in.height == g.kernel.height && g.in.width == g.kernel.width && g.padding == extent{0, 0} &&
         g.out.pixels() == 1;
}

}  // namespace minnow::detail
