#pragma once

#include <span>

#include <minnow/core/encoding.hpp>
#include <minnow/core/role.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/quantize/concept.hpp>

/// Base classes of quantizers. A quantizer derives from one of them, then defines `name`, `code`, `scale` and the
/// members in which it differs from the base class.
namespace minnow {

/// Base class of any quantizer: no state, range [-1, 1], latent (float) weights clipped to this range, and codes stored
/// in signed bytes. The quantizer adds name, bits, max_code, code and scale.
struct quantizer_base {
  struct state {};
  static constexpr encoding storage = encoding::byte;
  static constexpr bool per_channel = false;
  static constexpr bool clips_weights = true;
  static constexpr bool uniform_init = false;
  static constexpr interval range(const state&) noexcept { return {-1, 1}; }
  static constexpr bool observe(state&, std::span<const float>, role) noexcept { return true; }
  static constexpr bool supports(role) noexcept { return true; }
};

/// Base class of quantizers whose codes are -1 and +1, stored in one bit. The quantizer adds name, code and scale.
struct binary_codes : quantizer_base {
  static constexpr int bits = 1;
  static constexpr encoding storage = encoding::bit;
  static constexpr int max_code = 1;
};

/// Old name of `quantizer_base`.
using stateless [[deprecated("minnow: renamed to quantizer_base")]] = quantizer_base;

namespace detail {

/// Rounds `place` = x / scale to the nearest integer in Lowest … Highest. The order of the comparisons maps NaN to
/// Lowest.
template <int Lowest, int Highest, class Value>
[[nodiscard]] Value nearest_code(Value place) noexcept {
  using scalar::nearbyint;
  using scalar::select;
  const Value level = nearbyint(place);
  return select(level > Value(Lowest), select(level < Value(Highest), level, Value(Highest)), Value(Lowest));
}

/// Base class of quantizers whose codes are the integers Lowest … Highest. Their scale is usually measured or learned,
/// so latent weights are not clipped. A quantizer with a fixed step sets `uniform_init`.
template <int Lowest, int Highest>
struct integer_codes : quantizer_base {
  static constexpr int min_code = Lowest;
  static constexpr int max_code = Highest;
  static constexpr bool clips_weights = false;
  /// Deleted because the range depends on the scale: each quantizer defines its own.
  static interval range(const quantizer_base::state&) = delete;

  /// x / step, rounded to the nearest code; 0 unless step > 0.
  template <class Value>
  [[nodiscard]] static Value nearest(Value x, float step) noexcept {
    return step > 0 ? nearest_code<Lowest, Highest>(x / Value(step)) : Value(0);
  }
  /// Returns the interval from the lowest to the highest value.
  [[nodiscard]] static constexpr interval range_of(float step) noexcept { return {step * Lowest, step * Highest}; }
};

}  // namespace detail

/// Base class of quantizers with signed codes of `Bits` bits, -(2^(Bits-1)-1) … 2^(Bits-1)-1. Codes of weights with up
/// to 4 bits are stored in pairs, two codes in each byte. The quantizer adds name, code, scale and range, and its
/// state, if it has one.
template <int Bits>
struct signed_codes : detail::integer_codes<1 - (1 << (Bits - 1)), (1 << (Bits - 1)) - 1> {
  static_assert(2 <= Bits && Bits <= 8, "minnow: signed codes have 2 to 8 bits");
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits <= 4 ? encoding::nibble : encoding::byte;
};

/// Like `signed_codes`, with the codes 0 … 2^Bits-1, for inputs that are never negative.
template <int Bits>
struct unsigned_codes : detail::integer_codes<0, (1 << Bits) - 1> {
  static_assert(1 <= Bits && Bits <= 8, "minnow: unsigned codes have 1 to 8 bits");
  static constexpr int bits = Bits;
  static constexpr encoding storage = Bits <= 4 ? encoding::unsigned_nibble : encoding::unsigned_byte;
  static constexpr bool supports(role r) noexcept { return r == role::inputs; }
};

}  // namespace minnow
