#pragma once

#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>

namespace minnow {

/// Normalization of images that the model does not take as `pixels`: (x - mean) / stddev for each channel. A byte p
/// stands for x = p / 255, a signed byte for x = p / 128, a signed number of 16 bits for x = p / 32768. The normalization
/// is part of the model and stored in the model's file. Empty lists stand for a mean of 0 and a standard deviation of 1.
struct normalization {
  std::vector<float> mean{};
  std::vector<float> stddev{};

  /// Checks that each list is empty or has one number for each channel, that means are finite, and that standard
  /// deviations are finite and above 0.
  ///
  /// who   name of the caller, with which the error message begins
  [[nodiscard]] status check(int channels, const char* who) const noexcept;

  /// Returns the normalization with one number for each channel, as files store it.
  [[nodiscard]] normalization of_channels(int channels) const;

  /// Returns the normalization of channel c as one fma, applied to a number of the image.
  template <detail::input_number Element>
  [[nodiscard]] affine of_channel(int c) const noexcept {
    const auto i = index(c);
    const float m = mean.empty() ? 0.0f : mean[i];
    const float d = stddev.empty() ? 1.0f : stddev[i];
    return detail::normalizing_input<Element>(m, d);
  }
};

/// Old name of `normalization`.
using normalisation [[deprecated("minnow: renamed to normalization")]] = normalization;

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/normalization.ipp>
#endif
