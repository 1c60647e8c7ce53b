#pragma once

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>

namespace minnow::detail {

/// Weight gradient of a dense layer, or of a 1x1 convolution, whose inputs are bits. It is computed with the same
/// lookup tables of partial sums as the float kernels of the packed network (see kernels/mixed/adder_tables.hpp).
///
/// The gradient of filter f and input k is the sum over the rows n (images or pixels) of g[n][f] * a[n][k], where g is
/// the output gradient and a are the inputs. For each filter, a table holds the 32 signed sums of g over five rows. The
/// five bits of input k in these rows are the index into the table. In the kernel's product, the layer's inputs
/// therefore take the place of filters, its filters the place of pixels, its rows the place of channels, and the input
/// bits the place of weights.
class table_weight_gradient {
public:
  explicit table_weight_gradient(const geometry& g);
  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// Computes gradient (F, K) from in (rows, K), codes ±1, and grad_out (rows, F). Overwrites gradient.
  void run(int images, const float* in, const float* grad_out, float* gradient);

private:
  /// Adds the contribution of some rows. This is a template because the lookup tables exist only on some architectures.
  template <class Bit>
  void add(int rows, const float* in, const float* grad_out, float* gradient);

  /// Packs 16 inputs of all rows into words. Each 32-bit word holds the bits of one input in 30 rows.
  void write_words(const float* from, int rows, word* to) const noexcept;

  int inputs_;
  int filters_;
  int rows_of_image_;
  bool usable_ = false;
  aligned_bytes words_;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/table_weight_gradient.ipp>
#endif
