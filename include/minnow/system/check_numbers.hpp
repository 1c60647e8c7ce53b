#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <minnow/core/error.hpp>

namespace minnow::detail {

/// The permitted values of an array's floats. `share` means 0 to 1.
enum class domain : std::uint8_t { any, finite, not_negative, positive, share };

/// Returns the domain of the array with this name. An array has the same name in all files.
[[nodiscard]] constexpr domain domain_of(std::string_view array) noexcept {
  if (array == "variance") return domain::not_negative;
  if (array == "stddev") return domain::positive;
  if (array == "stale_statistics" || array == "measured") return domain::share;
  return domain::finite;
}

/// Returns true if a number is in a domain. Tests the bits, so that no compiler flag lets a NaN pass.
[[nodiscard]] constexpr bool is_in(domain d, float x) noexcept {
  const bool finite = (std::bit_cast<std::uint32_t>(x) & 0x7f800000u) != 0x7f800000u;
  switch (d) {
    case domain::any:
      return true;
    case domain::finite:
      return finite;
    case domain::not_negative:
      return finite && x >= 0;
    case domain::positive:
      return finite && x > 0;
    case domain::share:
      return finite && x >= 0 && x <= 1;
  }
  return false;
}

/// Refuses floats outside their domain. The message names the array and, unless `layer` is empty, the layer.
///
/// bytes   floats, which may be unaligned
[[nodiscard]] status check_numbers(const char* name, std::string_view layer, std::string_view array,
                                   std::span<const std::byte> bytes, domain d) noexcept;
[[nodiscard]] inline status check_numbers(const char* name, std::string_view layer, std::string_view array,
                                          std::span<const float> values) noexcept {
  return check_numbers(name, layer, array, std::as_bytes(values), domain_of(array));
}

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/check_numbers.ipp>
#endif
