#pragma once

// Helpers for tests that run `fit` on little data: the data, and the arrays of the trained network.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/data/dataset.hpp>
#include <minnow/train/network_base.hpp>

#include "random_numbers.hpp"

namespace minnow::test {

/// Returns vectors of six numbers with labels that depend on them, so that there is something to learn.
inline dataset<float> numbers(int count, std::uint64_t draws = 1) {
  const auto x = uniform(6 * count, draws);
  std::vector<int> labels;
  for (std::size_t n = 0; n < static_cast<std::size_t>(count); ++n)
    labels.push_back(x[6 * n] + x[6 * n + 1] > 0.3f ? 2 : x[6 * n + 2] > x[6 * n + 3] ? 1 : 0);
  return {{1, 1, 6}, x, labels};
}

/// Returns all arrays of a network, one after another.
inline std::vector<float> arrays(network_base& net) {
  std::vector<float> result;
  net.arrays(
      [&](std::string_view, std::string_view, std::span<float> v) { result.insert(result.end(), v.begin(), v.end()); });
  return result;
}

}  // namespace minnow::test
