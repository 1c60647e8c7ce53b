#pragma once

#include <minnow/system/check_numbers.hpp>

#include <cmath>
#include <cstring>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD status check_numbers(const char* name, std::string_view layer, std::string_view array,
                                 std::span<const std::byte> bytes, domain d) noexcept {
  constexpr const char* expected[] = {"numbers", "finite numbers", "numbers of at least 0", "numbers above 0",
                                      "numbers from 0 to 1"};
  if (d == domain::any) return {};
  for (std::size_t i = 0; (i + 1) * sizeof(float) <= bytes.size(); ++i) {
    float x;
    std::memcpy(&x, bytes.data() + i * sizeof x, sizeof x);
    if (is_in(d, x)) continue;
    const double shown =
        x != x ? std::fabs(static_cast<double>(x)) : static_cast<double>(x);  // the sign of a NaN has no meaning
    return status::failure("%s: %s%.*s%sexpected %s in '%.*s', found %g at index %zu", name,
                           layer.empty() ? "" : "layer ", static_cast<int>(layer.size()), layer.data(),
                           layer.empty() ? "" : ": ", expected[static_cast<int>(d)], static_cast<int>(array.size()),
                           array.data(), shown, i);
  }
  return {};
}

}  // namespace minnow::detail
