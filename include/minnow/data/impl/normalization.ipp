#pragma once

#include <minnow/data/normalization.hpp>

#include <cstddef>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/check_numbers.hpp>

namespace minnow {

MINNOW_INLINE status normalization::check(int channels, const char* who) const noexcept {
  const auto n = index(channels);
  if ((!mean.empty() && mean.size() != n) || (!stddev.empty() && stddev.size() != n))
    return status::failure("%s: expected %zu channels, found %zu means and %zu deviations", who, n, mean.size(),
                           stddev.size());
  const status s = detail::check_numbers(who, "", "mean", mean);
  return s ? detail::check_numbers(who, "", "stddev", stddev) : s;
}

MINNOW_INLINE normalization normalization::of_channels(int channels) const {
  const auto n = index(channels);
  return {mean.empty() ? std::vector<float>(n, 0.0f) : mean, stddev.empty() ? std::vector<float>(n, 1.0f) : stddev};
}

}  // namespace minnow
