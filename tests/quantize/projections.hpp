#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <minnow/core/random.hpp>

#include "random_numbers.hpp"

/// Data and references for tests of projected scales.
namespace minnow::test {

/// Computes Liu & Mattina 2019, Eq. 8, with the clamp and ties to even.
inline double code_of_formula(double x, double g, int bits) {
  const double limit = std::pow(2.0, bits - 1) - 1;
  return std::clamp(std::nearbyint(x / g), -limit, limit);
}

/// Returns vectors of many lengths, magnitudes and kinds: normal, uniform, with outliers, mostly zero.
inline std::vector<float> any_vector(std::uint64_t draws) {
  minnow::random r(seed{draws});
  const int count = 1 + r.below(300);
  const float magnitude = std::ldexp(1.0f, r.below(40) - 20);
  const int kind = r.below(4);
  std::vector<float> xs;
  for (int i = 0; i < count; ++i) {
    const float u = r.uniform(-1, 1);
    if (kind == 0) xs.push_back(magnitude * u);
    else if (kind == 1) xs.push_back(magnitude * u * u * u);
    else if (kind == 2) xs.push_back(i == 0 ? 50 * magnitude : magnitude * u);
    else xs.push_back(r.below(4) == 0 ? magnitude * u : 0.0f);
  }
  return xs;
}

}  // namespace minnow::test
