#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <minnow/core/reduction.hpp>
#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/ppq.hpp>
#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

namespace detail {

/// Base class of quantizers that round x / g. `project` (ppq.hpp) finds the scale g.
///
/// Codes  signed_codes or unsigned_codes
template <class Codes>
struct projected : Codes {
  struct state {
    float g = 0;
  };
  static constexpr float smoothing = 0.99f;
  static constexpr bool rounds = true;

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return Codes::nearest(x, s.g);
  }
  static constexpr float scale(const state& s) noexcept { return s.g; }
  static constexpr interval range(const state& s) noexcept { return Codes::range_of(s.g); }

  static void limit(state& s) noexcept { s.g = (std::max)(s.g, 0.0f); }
  static bool observe(state& s, std::span<const float> values, role r) noexcept {
    alone all;
    return observe(s, values, r, all);
  }
  /// Overload for the values of several processes.
  template <class All>
  static bool observe(state& s, std::span<const float> values, role r, All& all) {
    constexpr integer_levels levels{Codes::min_code, Codes::max_code};
    // Both projections start from the stored scale. For weights this is the last projection's result, so three
    // iterations are enough. For inputs it is a slow moving average, so the projection must iterate until it reaches
    // the batch's own scale.
    const float g =
        r == role::weights ? project(values, levels, s.g, 3, all) : project_until_rest(values, levels, s.g, all);
    if (std::isnan(g)) return false;
    s.g = r == role::weights || s.g <= 0 ? g : smoothing * s.g + (1 - smoothing) * g;
    return true;
  }
};

}  // namespace detail

/// Integer quantizer: g times the integers -(2^(Bits-1)-1) … 2^(Bits-1)-1, with g found by `ppq`.
///
/// shape   element-wise, one g for the tensor or for each filter
/// range   any x; values beyond ±g·(2^(Bits-1)-1) map to the outermost level, NaN to the lowest; with g = 0 (only zeros
///         observed) all values map to 0
/// code    a signed integer of Bits bits
/// inputs  g is an exponential moving average over training batches (smoothing 0.99), frozen for inference. For each
///         batch, the projection of `ppq` repeats until it would change the scale by at most 1/1000
/// source  Liu & Mattina 2019, Eq. 8-9, Algorithm 2 and section 3.2
template <int Bits, class Granularity = per_tensor>
struct integer : detail::projected<detail::with_granularity<signed_codes<Bits>, Granularity>> {
  static constexpr text name() {
    return text("integer<") << Bits
                            << (integer::per_channel ? std::string_view(",per_channel>") : std::string_view(">"));
  }
};

/// Integer quantizer of inputs that are never negative, for example after a relu: g times the integers 0 … 2^Bits-1.
/// For such inputs it has twice as many levels as `integer` with the same bits. Negative inputs map to 0.
///
/// shape   element-wise, one g for the tensor
/// range   any x; values above g·(2^Bits-1) map to the outermost level, NaN to 0; with g = 0 (nothing above 0 observed)
///         all values map to 0
/// code    an unsigned integer of Bits bits
/// inputs  g is measured as for `integer`. Weights cannot have this quantizer
/// source  the projection of Liu & Mattina 2019, Algorithm 2, onto non-negative levels
template <int Bits>
struct unsigned_integer : detail::projected<unsigned_codes<Bits>> {
  static_assert(2 <= Bits, "minnow: unsigned_integer has 2 to 8 bits");
  static constexpr text name() { return text("unsigned_integer<") << Bits << ">"; }
};

}  // namespace minnow
