#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <minnow/core/random.hpp>

namespace minnow::test {

inline constexpr float infinity = std::numeric_limits<float>::infinity();
inline constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Returns inputs for tests of element-wise rules: a grid over [-3, 3]; ±0, the smallest and largest numbers, and
/// ±infinity; each threshold with both signs; the neighboring floats of all of these except the grid; and up to 20,000
/// finite numbers of every magnitude. No NaN is among them.
inline std::vector<float> values(const std::vector<float>& thresholds = {}) {
  std::vector<float> xs;
  const auto with_neighbors = [&](float magnitude) {
    for (const float x : {-magnitude, magnitude}) {
      xs.push_back(std::nextafter(x, -infinity));
      xs.push_back(x);
      xs.push_back(std::nextafter(x, infinity));
    }
  };
  for (const float t : thresholds) with_neighbors(t);
  using limits = std::numeric_limits<float>;
  for (const float t : {0.0f, limits::denorm_min(), limits::min(), 1.0f, limits::max(), infinity}) with_neighbors(t);
  for (int i = -1536; i <= 1536; ++i) xs.push_back(static_cast<float>(i) / 512.0f);
  minnow::random bits(seed{1});
  for (int i = 0; i < 20000; ++i) {
    const auto pattern = static_cast<std::uint32_t>(bits.next());
    float x;
    std::memcpy(&x, &pattern, sizeof x);
    if (std::isfinite(x)) xs.push_back(x);
  }
  return xs;
}

inline bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// Describes the first x for which two rules differ; empty if they agree on all xs.
template <class Actual, class Expected>
std::string difference(const std::vector<float>& xs, Actual actual, Expected expected) {
  for (const float x : xs) {
    const double found = actual(x);
    const double wanted = expected(static_cast<double>(x));
    if (same(found, wanted)) continue;
    std::ostringstream sentence;
    sentence.precision(17);
    sentence << "at x = " << x << ": expected " << wanted << ", found " << found;
    return sentence.str();
  }
  return {};
}

}  // namespace minnow::test
