#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <string_view>

#include <minnow/quantize/granularity.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/statistics.hpp>

/// Quantizers whose scale is given: it is neither measured nor learned. The scale is 1 until `load_weights` with
/// `.states`, a network file or a packed model file sets it. They are meant for networks that another library has
/// quantized. To go on learning such a scale, use `lsq`, whose state is also one number.
namespace minnow {

namespace detail {

/// Adds a given scale to a base class of quantizers.
template <class Base>
struct given_scale : Base {
  struct state {
    float scale = 1;
  };
  /// The state is kept if the weights are replaced.
  static constexpr bool keeps_state = true;
  static constexpr bool clips_weights = false;
  static constexpr float scale(const state& s) noexcept { return s.scale; }
  static void limit(state& s) noexcept { s.scale = (std::max)(s.scale, 0.0f); }
  static bool observe(state&, std::span<const float> values, role) noexcept {
    return !std::isnan(largest_magnitude(values));
  }
};

/// The storage of codes from Lowest to Highest.
template <int Lowest, int Highest>
inline constexpr encoding storage_of_codes =
    Lowest == 0                    ? (Highest <= 15 ? encoding::unsigned_nibble : encoding::unsigned_byte)
    : Lowest == -1 && Highest == 1 ? encoding::ternary
    : Lowest >= -7 && Highest <= 7 ? encoding::nibble
                                   : encoding::byte;

}  // namespace detail

/// Binary quantizer with a given scale s: s · sign(x), with sign(0) = +1 as in `sign_nonnegative`.
///
/// shape   element-wise, one s for the tensor or for each filter
/// range   any x; NaN becomes -s
/// code    -1, +1, in one bit
/// source  QONNX, operator BipolarQuant
template <class Granularity = per_tensor>
struct given_sign : detail::given_scale<detail::with_granularity<binary_codes, Granularity>> {
  using typename detail::given_scale<detail::with_granularity<binary_codes, Granularity>>::state;
  static constexpr text name() {
    return given_sign::per_channel ? text("given_sign<per_channel>") : text("given_sign");
  }
  static constexpr interval range(const state& s) noexcept { return {-s.scale, s.scale}; }

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    return sign_nonnegative::code(x, {});
  }
};

/// Integer quantizer with a given scale s: s · clamp(round(x / s), Lowest, Highest).
///
/// Lowest, Highest  the smallest and the largest code. From -127 to 127 or, for inputs, from 0 to at most 255. Codes of
///                  Bits bits in two's complement are -2^(Bits-1) … 2^(Bits-1)-1; without the lowest of them (QONNX:
///                  narrow range), the codes are symmetric. -128 does not exist: inputs with it have `given_affine<8>`
/// shape            element-wise, one s for the tensor or, for weights, for each filter
/// range            any x; ties round to even; values beyond the outermost level map to it, NaN to the lowest; with
///                  s = 0 all values map to 0
/// code             -1 … 1 in two bit planes, as `ternary`; others as signed or unsigned integers
/// source           QONNX, operator Quant with rounding mode ROUND
template <int Lowest, int Highest, class Granularity = per_tensor>
struct given_integer
    : detail::given_scale<detail::with_granularity<detail::integer_codes<Lowest, Highest>, Granularity>> {
  static_assert(-127 <= Lowest && Lowest <= 0 && 0 < Highest && Highest <= (Lowest == 0 ? 255 : 127),
                "minnow: given_integer has codes from -127 to 127, or from 0 to 255, and a code above 0");
  using typename detail::given_scale<
      detail::with_granularity<detail::integer_codes<Lowest, Highest>, Granularity>>::state;
  static constexpr text name() {
    return text("given_integer<") << Lowest << "," << Highest
                                  << (given_integer::per_channel ? std::string_view(",per_channel>")
                                                                 : std::string_view(">"));
  }
  static constexpr int max_code = (std::max)(-Lowest, Highest);
  static constexpr int bits = std::bit_width(static_cast<unsigned>(max_code)) + (Lowest < 0 ? 1 : 0);
  static constexpr encoding storage = detail::storage_of_codes<Lowest, Highest>;
  static constexpr int levels = Highest - Lowest + 1;
  static constexpr bool rounds = Highest == max_code;
  static constexpr bool supports(role r) noexcept {
    return r == role::inputs ? !given_integer::per_channel : Lowest < 0;
  }
  static constexpr interval range(const state& s) noexcept { return given_integer::range_of(s.scale); }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    return given_integer::nearest(x, s.scale);
  }
};

/// Affine quantizer of inputs with a given scale s and zero point z: s · (q - z), with
/// q = clamp(round(x / s) + z, 0, 2^Bits - 1). TensorFlow Lite's int8 tensors have z = zero_point + 128; signed codes
/// of Bits bits in two's complement have z = 2^(Bits-1).
///
/// shape   element-wise, one s and one z for the tensor
/// range   any x; ties of x / s round to even (TensorFlow Lite rounds them away from 0, QONNX to an even q); values
///         outside the range map to its ends, NaN to its lower end; with s = 0 all values map to 0
/// code    q - z; memory holds q as an unsigned byte. Padding has the value 0. Weights cannot have this quantizer, and
///         the weights that multiply these inputs have integer codes
/// source  Jacob et al. 2018, Eq. 1; TensorFlow Lite's 8-bit quantization specification; ONNX, operator QuantizeLinear
template <int Bits>
struct given_affine : unsigned_codes<Bits> {
  static_assert(2 <= Bits, "minnow: given_affine has 2 to 8 bits");
  struct state {
    float scale = 1;
    float zero = 0;  ///< an integer, 0 … 2^Bits - 1
  };
  static constexpr bool keeps_state = true;
  static constexpr bool rounds = true;
  static constexpr text name() { return text("given_affine<") << Bits << ">"; }

  static constexpr float scale(const state& s) noexcept { return s.scale; }
  static constexpr int zero(const state& s) noexcept {
    return s.zero > 0 ? s.zero < given_affine::max_code ? static_cast<int>(s.zero) : given_affine::max_code : 0;
  }
  static constexpr interval range(const state& s) noexcept {
    const int z = zero(s);
    return {s.scale * static_cast<float>(-z), s.scale * static_cast<float>(given_affine::max_code - z)};
  }
  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    using scalar::nearbyint;
    using scalar::select;
    if (!(s.scale > 0)) return Value(0);
    const int z = zero(s);
    const Value least(static_cast<float>(-z)), most(static_cast<float>(given_affine::max_code - z));
    const Value level = nearbyint(x / Value(s.scale));
    // The order of the comparisons maps NaN to the lowest level.
    return select(level > least, select(level < most, level, most), least);
  }

  static void limit(state& s) noexcept {
    s.scale = (std::max)(s.scale, 0.0f);
    if (s.zero <= 0) s.zero = 0;
    else if (s.zero >= given_affine::max_code) s.zero = given_affine::max_code;
    else s.zero = std::nearbyint(s.zero);
  }
  static bool observe(state&, std::span<const float> values, role) noexcept {
    return !std::isnan(detail::largest_magnitude(values));
  }
};

}  // namespace minnow
