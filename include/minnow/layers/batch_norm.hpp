#pragma once

#include <minnow/layers/layer.hpp>

namespace minnow {

/// Batch normalization with a learned scale and shift for each channel; eps 1e-5, momentum 0.1. The biased variance
/// normalizes the batch, the unbiased variance updates the running statistics. At evaluation the layer computes x ·
/// scale + shift with one fma, where scale = gamma / sqrt(variance + eps) and shift = beta - mean · scale.
///
/// in (H,W,C) -> out (H,W,C)
/// source  Ioffe & Szegedy 2015
struct batch_norm : same_shape {
  static constexpr text name() { return "batch_norm"; }
  static constexpr float epsilon = 1e-5f;
  static constexpr float momentum = 0.1f;
};

}  // namespace minnow
