#pragma once

#include <minnow/core/scalar.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

/// The mean of the magnitudes of a position's channels.
///
/// in (H,W,C) -> out (H,W,1)
/// source  Rastegari et al. 2016 (XNOR-Net), 3.2: the matrix A of Eq. 11
struct channel_magnitude {
  static constexpr text name() { return "channel_magnitude"; }
  static constexpr shape output(shape in) noexcept { return {in.height, in.width, 1}; }
  static constexpr fault check(shape) noexcept { return fault::none; }

  /// The mean magnitude of one position. Training and packed networks both call this function, so the terms are added
  /// in the same order: in eight sums, which are then added in pairs.
  ///
  /// x  `channels` numbers
  [[nodiscard]] static float of(const float* x, int channels) noexcept {
    float sums[8] = {};
    int c = 0;
    for (; c + 8 <= channels; c += 8)
      for (int i = 0; i < 8; ++i) sums[i] += (scalar::abs)(x[c + i]);
    for (int i = 0; c < channels; ++c, ++i) sums[i] += (scalar::abs)(x[c]);
    const float sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    return sum / static_cast<float>(channels);
  }
};

}  // namespace minnow
