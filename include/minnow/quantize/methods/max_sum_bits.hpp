#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/integer.hpp>
#include <minnow/quantize/ppq.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/scheme.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// Integer quantizer of weights whose codes have a bounded sum: the sum of |code| over a filter is at most MaxSum. The
/// codes are rounded as by `integer<Bits, per_channel>`. A filter has PPQ's scale if its sum is then within the bound, else
/// the smallest scale, to within a factor of 2^(1/256), at which it is. Usually named through `max_sum_bits`.
///
/// shape   element-wise, one scale g for each filter; weights only
/// code    a signed integer of Bits bits
/// source  the bound: Colbert et al. 2023 (A2Q), section 4. In the paper, the norm of each filter is learned and codes
///         are rounded toward zero; here the scale follows the weights and codes are rounded to the nearest
template <int Bits, int MaxSum>
struct bounded_integer : detail::with_granularity<signed_codes<Bits>, per_channel> {
  static_assert(MaxSum >= 1, "minnow: bounded_integer has a sum of at least 1");
  struct state {
    float g = 0;
    float unbounded = 0;  ///< PPQ's scale, from which the next projection starts
  };
  static constexpr text name() { return text("bounded_integer<") << Bits << "," << MaxSum << ">"; }
  static constexpr bool rounds = true;
  /// Optional member of a quantizer of weights: the largest sum of |code| over a filter. `pack` refuses larger sums.
  static constexpr int max_sum = MaxSum;

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return signed_codes<Bits>::nearest(x, s.g);
  }
  static constexpr float scale(const state& s) noexcept { return s.g; }
  static constexpr interval range(const state& s) noexcept { return signed_codes<Bits>::range_of(s.g); }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }
  static void limit(state& s) noexcept {
    s.g = (std::max)(s.g, 0.0f);
    s.unbounded = (std::max)(s.unbounded, 0.0f);
  }

  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float projected = detail::project(values, levels, s.unbounded, 3);
    if (std::isnan(projected)) return false;
    s = {projected, projected};
    if (!(s.g > 0) || fits(values, s.g)) return true;
    // |round(y)| is at most 2|y|, so the sum is within the bound at the scale 2 sum|x| / MaxSum. The sum does not
    // increase with the scale.
    const double most = 2 * detail::sum_of_magnitudes(values) / MaxSum * (1 + 0x1p-20);
    float low = s.g;
    float high = static_cast<float>((std::min)(most, static_cast<double>((std::numeric_limits<float>::max)())));
    while (high / low > 1.0027f) {
      const float middle = std::sqrt(high / low) * low;
      if (fits(values, middle)) high = middle;
      else low = middle;
    }
    s.g = high;
    return fits(values, high);
  }

private:
  static constexpr detail::integer_levels levels{signed_codes<Bits>::min_code, signed_codes<Bits>::max_code};

  static bool fits(std::span<const float> values, float g) noexcept {
    double sum = 0;
    for (const float x : values) sum += static_cast<double>((std::abs)(detail::nearest_level(x / g, levels)));
    return sum <= MaxSum;
  }
};

namespace detail {

template <class Weights>
inline constexpr bool can_be_bounded = false;
template <int Bits>
inline constexpr bool can_be_bounded<integer<Bits, per_channel>> = true;

template <int SumBits, class Scheme>
struct bounded_scheme {
  using inputs = typename Scheme::inputs;
  static_assert(can_be_bounded<typename Scheme::weights> && inputs::max_code > 0,
                "minnow: max_sum_bits takes scheme<Inputs, integer<Bits, per_channel>> with inputs of integers");
  static_assert(2 <= SumBits && SumBits <= 31, "minnow: max_sum_bits takes sums of 2 to 31 bits");
  static constexpr int max_sum = ((1 << (SumBits - 1)) - 1) / (std::max)(inputs::max_code, 1);
  static_assert(max_sum >= 1, "minnow: max_sum_bits: one input of the largest code has more bits than the sum");
  using type = scheme<inputs, bounded_integer<Scheme::weights::bits, max_sum>>;
};

}  // namespace detail

/// A scheme whose sums of products, and all partial sums, fit signed integers of SumBits bits: with inputs of codes up
/// to X, the sum of |code| over the weights of a filter is at most (2^(SumBits-1) - 1) / X, rounded down.
///
///   conv<32, max_sum_bits<16, scheme<unsigned_integer<8>, integer<4, per_channel>>>>
///
/// Scheme  scheme<Inputs, integer<Bits, per_channel>>
/// source  Colbert et al. 2023 (A2Q), section 4
template <int SumBits, class Scheme>
using max_sum_bits = typename detail::bounded_scheme<SumBits, Scheme>::type;

}  // namespace minnow
