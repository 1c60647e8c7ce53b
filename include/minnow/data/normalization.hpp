#pragma once

#include <cstddef>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/check_numbers.hpp>

namespace minnow {

/// Normalization of images that are not taken as `pixels`: (x - mean) / stddev for each channel, where bytes are
/// read as x = p / 255. It is part of the model and stored in its file. Empty lists mean 0 and 1.
struct normalization {
  std::vector<float> mean{};
  std::vector<float> stddev{};

  /// Checks that each list has one number for each channel, or none: finite means, finite deviations above 0.
  ///
  /// who   begins the message
  [[nodiscard]] status check(int channels, const char* who) const noexcept {
    const auto n = index(channels);
    if ((!mean.empty() && mean.size() != n) || (!stddev.empty() && stddev.size() != n))
      return status::failure("%s: expected %zu channels, found %zu means and %zu deviations", who, n, mean.size(),
                             stddev.size());
    const status s = detail::check_numbers(who, "", "mean", mean);
    return s ? detail::check_numbers(who, "", "stddev", stddev) : s;
  }

  /// Returns the normalization with one number for each channel, as files store it.
  [[nodiscard]] normalization of_channels(int channels) const {
    const auto n = index(channels);
    return {mean.empty() ? std::vector<float>(n, 0.0f) : mean, stddev.empty() ? std::vector<float>(n, 1.0f) : stddev};
  }

  /// Returns the normalization of channel c as one fma of the stored number.
  template <class Element>
  [[nodiscard]] affine of_channel(int c) const noexcept {
    const auto i = index(c);
    const float m = mean.empty() ? 0.0f : mean[i];
    const float d = stddev.empty() ? 1.0f : stddev[i];
    return {(sizeof(Element) == 1 ? 1.0f / 255.0f : 1.0f) / d, -m / d};
  }
};

/// Old name of `normalization`.
using normalisation [[deprecated("minnow: renamed to normalization")]] = normalization;

}  // namespace minnow
