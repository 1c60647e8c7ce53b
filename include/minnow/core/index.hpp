#pragma once

#include <concepts>
#include <cstddef>

namespace minnow {

/// n as std::size_t, for array sizes and indices. n must not be negative.
template <std::integral Integer>
[[nodiscard]] constexpr std::size_t index(Integer n) noexcept {
  return static_cast<std::size_t>(n);
}

}  // namespace minnow
