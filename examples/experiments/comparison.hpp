#pragma once

// Compares two rows of results seed by seed.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string>

/// Accuracies, or differences of accuracies, by seed.
using by_seed = std::map<int, double>;

struct mean_and_deviation {
  double mean = 0;
  double deviation = 0;  ///< the sample standard deviation; 0 for a single number
};

[[nodiscard]] inline mean_and_deviation spread(const by_seed& values) {
  double sum = 0, squares = 0;
  for (const auto& [seed, v] : values) sum += v;
  const double mean = sum / static_cast<double>(values.size());
  for (const auto& [seed, v] : values) squares += (v - mean) * (v - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / static_cast<double>(values.size() - 1)) : 0};
}

/// Returns a - b for each seed that both have.
[[nodiscard]] inline by_seed difference(const by_seed& a, const by_seed& b) {
  by_seed result;
  for (const auto& [seed, v] : a)
    if (const auto found = b.find(seed); found != b.end()) result[seed] = v - found->second;
  return result;
}

/// Returns half the width of the 95 % confidence interval of the mean, from Student's distribution.
///
/// values   at least two
[[nodiscard]] inline double half_interval(const by_seed& values) {
  // Quantiles of 0.975 for 1 to 10 degrees of freedom; the last one is used for more, where it is slightly too large.
  constexpr std::array quantiles{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  const std::size_t freedom = std::min(values.size() - 1, quantiles.size());
  return quantiles[freedom - 1] * spread(values).deviation / std::sqrt(static_cast<double>(values.size()));
}

/// Describes a difference of accuracies: mean, sample standard deviation and confidence interval, in points.
///
/// what   subject of the sentence, for example "aqe minus ste"
[[nodiscard]] inline std::string describe(const std::string& what, const by_seed& difference) {
  if (difference.empty()) return what + ": no seed was run for both";
  const auto [mean, deviation] = spread(difference);
  char text[400];
  if (difference.size() == 1) {
    std::snprintf(text, sizeof text, "%s: %+.2f points with one seed, so there is no confidence interval", what.c_str(),
                  100 * mean);
    return text;
  }
  const double half = half_interval(difference);
  const char* verdict = mean - half > 0   ? "the difference is above 0"
                        : mean + half < 0 ? "the difference is below 0"
                                          : "this does not show a difference";
  std::snprintf(text, sizeof text,
                "%s: %+.2f points on average over %zu seeds, with a standard deviation of %.2f; with 95 %% confidence, "
                "the mean difference is between %+.2f and %+.2f points: %s",
                what.c_str(), 100 * mean, difference.size(), 100 * deviation, 100 * (mean - half), 100 * (mean + half),
                verdict);
  return text;
}
