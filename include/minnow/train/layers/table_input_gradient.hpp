#pragma once

#include <span>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/operand.hpp>

namespace minnow::detail {

/// Input gradient of a product whose weights are codes of 1 or 2 bits: the product of the output gradient and the
/// codes. It is computed with the same lookup tables of partial sums as the float kernels of the packed network (see
/// kernels/mixed/adder_tables.hpp).
///
/// For a convolution of stride 1, the gradient is a convolution with the kernel rotated by 180 degrees, and with inputs
/// and outputs exchanged. For a dense layer, the gradient is the product with the transposed weights.
template <class Weights>
class table_input_gradient {
public:
  explicit table_input_gradient(const geometry& g);
  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// Computes grad_in (N,H,W,C) from grad_out (N,H',W',F) and weights (F,kh,kw,C). Overwrites grad_in.
  void run(int images, const float* grad_out, std::span<const float> weights, float* grad_in);

private:
  /// Converts weights (F, taps, C), where taps are the kernel elements, to table indices of the backward product. The
  /// filters of this product are the layer's channels, and its channels are the layer's filters. For a dense layer, all
  /// inputs are channels of one tap.
  template <class Layout>
  void prepare(std::span<const float> weights);

  geometry of_;
  geometry backward_;
  bool usable_ = false;
  aligned_bytes prepared_;
};

/// Weights of other encodings have no lookup tables.
template <class Weights>
  requires(!kernels::detail::one_or_two_bits<Weights::storage>)
class table_input_gradient<Weights> {
public:
  explicit table_input_gradient(const geometry&) noexcept {}
  [[nodiscard]] static bool usable() noexcept { return false; }
  static void run(int, const float*, std::span<const float>, float*) noexcept {}
};

#if defined(MINNOW_COMPILED)
extern template class table_input_gradient<kernels::operand<encoding::bit>>;
extern template class table_input_gradient<kernels::operand<encoding::ternary>>;
#endif

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/table_input_gradient.ipp>
#endif
