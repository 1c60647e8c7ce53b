#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

/// Data and references for tests of projected scales.
namespace minnow::test {

/// Computes Liu & Mattina 2019, Eq. 8, with the clamp and ties to even.
inline double code_of_formula(double x, double g, int bits) {
  const double limit = std::pow(2.0, bits - 1) - 1;
  return std::clamp(std::nearbyint(x / g), -limit, limit);
}

/// Returns normally distributed numbers.
inline std::vector<float> gaussian(int seed, int count, float deviation = 1) {
  std::mt19937 generator(static_cast<unsigned>(seed));
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> xs(static_cast<std::size_t>(count));
  for (float& x : xs) x = normal(generator);
  return xs;
}

/// Returns vectors of many lengths, magnitudes and kinds: normal, uniform, with outliers, mostly zero.
inline std::vector<float> any_vector(int seed) {
  std::mt19937 generator(static_cast<unsigned>(seed));
  const int count = 1 + static_cast<int>(generator() % 300);
  const float magnitude = std::ldexp(1.0f, static_cast<int>(generator() % 40) - 20);
  const auto kind = generator() % 4;
  std::vector<float> xs;
  for (int i = 0; i < count; ++i) {
    const float u = static_cast<float>(generator()) * 0x1p-31f - 1;
    if (kind == 0) xs.push_back(magnitude * u);
    else if (kind == 1) xs.push_back(magnitude * u * u * u);
    else if (kind == 2) xs.push_back(i == 0 ? 50 * magnitude : magnitude * u);
    else xs.push_back(generator() % 4 == 0 ? magnitude * u : 0.0f);
  }
  return xs;
}

}  // namespace minnow::test
