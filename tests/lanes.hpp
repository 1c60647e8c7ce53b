#pragma once

#include <xsimd/xsimd.hpp>

#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "values.hpp"

namespace minnow::test {

/// Describes the first x for which a rule on a SIMD batch differs from the same rule on a float. Zeros of either sign
/// count as equal, and so do NaNs. Returns an empty text if all lanes agree, or if xsimd has no vectors.
template <class Rule>
std::string lane_difference([[maybe_unused]] std::vector<float> xs, [[maybe_unused]] Rule rule) {
#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
  using batch = xsimd::batch<float>;
  while (xs.size() % batch::size != 0) xs.push_back(0);
  for (std::size_t i = 0; i < xs.size(); i += batch::size) {
    float lanes[batch::size];
    const batch result = rule(batch::load_unaligned(&xs[i]));
    result.store_unaligned(lanes);
    for (std::size_t lane = 0; lane < batch::size; ++lane) {
      const float alone = rule(xs[i + lane]);
      if (same(lanes[lane], alone)) continue;
      std::ostringstream sentence;
      sentence.precision(9);
      sentence << "at x = " << xs[i + lane] << ": " << alone << " alone, " << lanes[lane] << " in lane " << lane;
      return sentence.str();
    }
  }
#endif
  return {};
}

/// Appends a NaN to the numbers.
inline std::vector<float> with_nan(std::vector<float> xs) {
  xs.push_back(nan);
  return xs;
}

}  // namespace minnow::test
