#pragma once

#include <algorithm>
#include <cstdint>

namespace minnow::test {

/// The definition of a code in fixed point: floor(scaled / 2^shift), clamped to [low, high].
inline std::int32_t fixed_point_code(std::int64_t scaled, int shift, int low, int high) {
  const std::int64_t divisor = std::int64_t{1} << shift;
  const std::int64_t floor = scaled / divisor - (scaled % divisor < 0);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(floor, low, high));
}

}  // namespace minnow::test
