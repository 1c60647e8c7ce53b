#pragma once

#include <cstddef>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/system/check_numbers.hpp>

namespace minnow {

/// What is done to images that are not taken as `pixels`: (x - mean) / deviation for each channel, with bytes read as
/// x = p / 255. Part of the model: it is carried in its file. Empty lists mean 0 and 1.
struct normalisation {
  std::vector<float> mean{};
  std::vector<float> deviation{};

  /// Whether there is a finite mean and a deviation above 0 for each channel, or none at all.
  ///
  /// who   begins the sentence
  [[nodiscard]] status check(int channels, const char* who) const noexcept {
    const auto n = static_cast<std::size_t>(channels);
    if ((!mean.empty() && mean.size() != n) || (!deviation.empty() && deviation.size() != n))
      return status::failure("%s: expected %zu channels, found %zu means and %zu deviations", who, n, mean.size(),
                             deviation.size());
    const status s = detail::check_numbers(who, "", "mean", mean);
    return s ? detail::check_numbers(who, "", "deviation", deviation) : s;
  }

  /// The same with a number for each channel, as files keep it.
  [[nodiscard]] normalisation of_channels(int channels) const {
    const auto n = static_cast<std::size_t>(channels);
    return {mean.empty() ? std::vector<float>(n, 0.0f) : mean,
            deviation.empty() ? std::vector<float>(n, 1.0f) : deviation};
  }

  /// As one fma of the stored number.
  template <class Element>
  [[nodiscard]] affine of_channel(int c) const noexcept {
    const auto i = static_cast<std::size_t>(c);
    const float m = mean.empty() ? 0.0f : mean[i];
    const float d = deviation.empty() ? 1.0f : deviation[i];
    return {(sizeof(Element) == 1 ? 1.0f / 255.0f : 1.0f) / d, -m / d};
  }
};

}  // namespace minnow
