#pragma once

#include <minnow/train/optimizer.hpp>

#include <cmath>
#include <limits>

#include <minnow/core/impl/compiled.hpp>

namespace minnow {

namespace detail {

/// Refuses a setting of an optimizer outside [low, high).
[[nodiscard]] MINNOW_INLINE status check_number(const char* name, float found, float low, float high) noexcept {
  if (found >= low && found < high) return {};
  if (std::isinf(high))
    return status::failure("%s: expected a finite number of at least %g, found %g", name, static_cast<double>(low),
                           static_cast<double>(found));
  return status::failure("%s: expected a number from %g to less than %g, found %g", name, static_cast<double>(low),
                         static_cast<double>(high), static_cast<double>(found));
}

}  // namespace detail

MINNOW_INLINE status sgd::check() const noexcept {
  if (status outcome = detail::check_number("sgd: momentum", momentum, 0, 1); !outcome) return outcome;
  return detail::check_number("sgd: weight_decay", weight_decay, 0, std::numeric_limits<float>::infinity());
}

MINNOW_INLINE adam::prepared adam::bias_correction(float beta1, float beta2, long long step) noexcept {
  const auto n = static_cast<double>(step);
  return {static_cast<float>(1 / (1 - std::pow(static_cast<double>(beta1), n))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(static_cast<double>(beta2), n)))};
}

MINNOW_INLINE status adam::check() const noexcept {
  if (status outcome = detail::check_number("adam: beta1", beta1, 0, 1); !outcome) return outcome;
  if (status outcome = detail::check_number("adam: beta2", beta2, 0, 1); !outcome) return outcome;
  if (status outcome = detail::check_number("adam: epsilon", epsilon, std::numeric_limits<float>::denorm_min(),
                                            std::numeric_limits<float>::infinity());
      !outcome)
    return outcome;
  return detail::check_number("adam: weight_decay", weight_decay, 0, std::numeric_limits<float>::infinity());
}

MINNOW_INLINE status bop::check() const noexcept {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (status outcome = detail::check_number("bop: threshold", threshold, 0, infinity); !outcome) return outcome;
  if (!(gamma > 0 && gamma <= 1))
    return status::failure("bop: gamma: expected a number above 0 and at most 1, found %g", static_cast<double>(gamma));
  if (status outcome = detail::check_number("bop: beta1", beta1, 0, 1); !outcome) return outcome;
  if (status outcome = detail::check_number("bop: beta2", beta2, 0, 1); !outcome) return outcome;
  return detail::check_number("bop: epsilon", epsilon, std::numeric_limits<float>::denorm_min(), infinity);
}

}  // namespace minnow
