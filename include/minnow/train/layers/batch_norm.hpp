#pragma once

#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/deferred_norm.hpp>

namespace minnow {

namespace detail {

/// The trainable batch norm, for any estimator.
class trainable_batch_norm : public layer_base {
  using row = float_array<1>;

public:
  /// defers  true: in a pass with batch statistics, the next layer applies the affine function of this batch norm
  trainable_batch_norm(shape in, bool defers);

  [[nodiscard]] const row& gamma() const noexcept { return gamma_; }
  [[nodiscard]] const row& beta() const noexcept { return beta_; }
  [[nodiscard]] const row& running_mean() const noexcept { return mean_; }
  [[nodiscard]] const row& running_variance() const noexcept { return variance_; }
  /// Running average of the unquantized fraction of the forward passes in which the statistics were collected. The
  /// packed network has fraction 0, so the larger this number is, the less the statistics fit the packed network.
  [[nodiscard]] float stale_statistics() const noexcept { return stale_statistics_; }
  [[deprecated("minnow: renamed to stale_statistics"), nodiscard]] float unsettled() const noexcept {
    return stale_statistics();
  }
  /// The affine function that evaluation and the packed network apply to channel c, 0 … channels-1.
  ///
  /// throws  a channel out of range
  [[nodiscard]] affine evaluated(int c) const;

  MINNOW_INLINE void forward(const activations& in, activations& out, const pass& p) override;

  MINNOW_INLINE void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                              const pass& p) override;

  MINNOW_INLINE void parameters(const parameter_visitor& visit) override;
  MINNOW_INLINE void arrays(const array_visitor& visit) override;
  /// Visits the arrays that `reestimate_batch_norm` replaces.
  MINNOW_INLINE void statistics(const array_visitor& visit) override;

private:
  /// Computes the batch statistics, sets scale and shift from them, and updates the running statistics. Mean and
  /// variance are computed in one pass. To avoid cancellation, the pass first subtracts the mean of the first 128 rows
  /// (pixels) from all values.
  void measure(const activations& in, const pass& p);

  row gamma_;
  row beta_;
  row mean_;
  row variance_;
  row grad_gamma_;
  row grad_beta_;
  float stale_statistics_ = 0;
  deferred_norm norm_;
  std::vector<float> slope_;
  bool defers_;
};

}  // namespace detail

template <class Estimator>
class trainable<batch_norm, Estimator> : public detail::trainable_batch_norm {
public:
  explicit trainable(shape in) : trainable(in, wiring<>{}) {}
  template <quantizer Inputs>
  trainable(shape in, const wiring<Inputs>& neighbors) : trainable_batch_norm(in, neighbors.next_applies_norm) {}
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/batch_norm.ipp>
#endif
