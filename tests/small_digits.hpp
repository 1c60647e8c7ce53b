#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/data/synthetic_digits.hpp>

namespace minnow::test {

/// Returns synthetic digits reduced to every second row and column: (N,14,14,1).
inline dataset<std::uint8_t> small_digits(int count, seed draws = seed{4}) {
  const auto full = synthetic_digits(count, draws);
  dataset<std::uint8_t> data;
  data.dimensions = {14, 14, 1};
  data.labels = full.labels;
  for (int n = 0; n < count; ++n)
    for (std::size_t y = 0; y < 14; ++y)
      for (std::size_t x = 0; x < 14; ++x) data.images.push_back(full.image(n)[2 * y * 28 + 2 * x]);
  return data;
}

}  // namespace minnow::test
