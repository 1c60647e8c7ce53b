#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <minnow/core/index.hpp>
#include <minnow/quantize/concept.hpp>

/// Properties of a quantizer that follow from its members.
namespace minnow {

/// h(x), the quantized value.
template <quantizer Quantizer, class Value>
[[nodiscard]] Value quantized(Value x, const typename Quantizer::state& state) {
  return Quantizer::code(x, state) * Value(Quantizer::scale(state));
}

/// Returns true if a state can be packed: all its floats are finite and, if the quantizer has bounds, inside them. Also
/// returns true for the state of a quantizer that has not measured anything yet.
template <quantizer Quantizer>
[[nodiscard]] bool is_sound(const typename Quantizer::state& state) {
  constexpr auto count = index(state_floats<Quantizer>);
  if constexpr (count > 0) {
    using floats = std::array<float, count>;
    const auto values = std::bit_cast<floats>(state);
    for (const float v : values)
      if (!((std::abs)(v) <= (std::numeric_limits<float>::max)())) return false;
    if constexpr (requires(typename Quantizer::state s) { Quantizer::limit(s); }) {
      typename Quantizer::state limited = state;
      Quantizer::limit(limited);
      return std::bit_cast<floats>(limited) == values || values == std::bit_cast<floats>(typename Quantizer::state{});
    }
  }
  return true;
}

namespace detail {

/// A state whose floats are all `value`.
template <quantizer Quantizer>
[[nodiscard]] constexpr typename Quantizer::state state_of(float value) noexcept {
  std::array<float, index(state_floats<Quantizer>)> floats{};
  for (float& f : floats) f = value;
  return std::bit_cast<typename Quantizer::state>(floats);
}

}  // namespace detail

/// Returns true if every quantized value is a multiple of one power of two. If this holds for inputs and weights, their
/// products are multiples of a power of two as well, and float sums of the products are exact below 2^24 times that
/// power. It holds for quantizers that store bit planes and whose scale is a power of two and does not depend on
/// measurements.
template <quantizer Quantizer>
[[nodiscard]] constexpr bool is_dyadic() noexcept {
  if constexpr (is_planes(Quantizer::storage)) {
    const float scale = Quantizer::scale(typename Quantizer::state{});
    if constexpr (state_floats<Quantizer> > 0)
      if (Quantizer::scale(detail::state_of<Quantizer>(2)) != scale ||
          Quantizer::scale(detail::state_of<Quantizer>(0.75f)) != scale)
        return false;
    return scale > 0 && (std::bit_cast<std::uint32_t>(scale) & 0x7fffffu) == 0;
  }
  return false;
}

/// Returns true if h(x) = scale · code(x) never decreases over the range that the quantizer clips to. Packing requires
/// this: it finds thresholds by bisection, and a packed max pool computes the maximum of codes instead of the code of
/// the maximum. Only sample points are checked.
template <quantizer Quantizer>
[[nodiscard]] bool never_falls(const typename Quantizer::state& state) {
  const interval range = Quantizer::range(state);
  const float scale = Quantizer::scale(state);
  constexpr int points = 400;
  const float low = (std::max)(range.low, -1e4f), high = (std::min)(range.high, 1e4f);
  const bool wide = high - low > 1e3f;
  float before = -std::numeric_limits<float>::infinity();
  for (int i = 0; i <= points; ++i) {
    const float part = static_cast<float>(2 * i - points) / points;  // -1 to 1
    // Samples a wide range most densely around 0, where its levels are, and also at its ends.
    const float x = wide ? part * part * part * part * part * high : low + (high - low) * (0.5f + 0.55f * part);
    const float value = static_cast<float>(Quantizer::code(x, state)) * scale;
    if (value < before) return false;
    before = value;
  }
  return true;
}

}  // namespace minnow
