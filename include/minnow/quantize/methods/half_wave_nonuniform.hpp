#pragma once

#include <array>
#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

namespace detail {

/// The optimal levels for the positive half of N(0, 1), in units of 1/255 of the largest level and rounded to whole
/// units.
template <int Bits>
inline constexpr std::array<int, 1> half_normal_codes{};
template <>
inline constexpr std::array half_normal_codes<2> = {43, 135, 255};
template <>
inline constexpr std::array half_normal_codes<3> = {14, 43, 73, 105, 143, 188, 255};
template <>
inline constexpr std::array half_normal_codes<4> = {6, 17, 28, 39, 51, 63, 76, 89, 104, 119, 136, 156, 179, 209, 255};

}  // namespace detail

/// Half-wave Gaussian quantizer of inputs with levels at unequal distances, after a batch norm, without a relu. Maps
/// x <= 0 to 0, and other x to the nearest of 2^Bits - 1 positive levels, which minimize the squared error for normally
/// distributed numbers. A number in the middle between two levels is mapped to the lower level.
///
/// code    an unsigned byte: the level in units of 1/255 of the largest level, rounded to the nearest unit, so a level
///         differs from the optimal level by at most 1/510 of the largest level. The rounding increases the squared
///         error by 0.002 % (2 bits), 0.06 % (3 bits) and 0.24 % (4 bits)
/// range   [0, the largest level]: the backward pass of HWGQ is a clipped relu
/// source  Cai et al. 2017 (HWGQ-Net), Eq. 9 and 10 without the constraint of equal distances, by Lloyd's algorithm;
///         tests/quantize/methods/half_wave_nonuniform_test.cpp verifies the levels
template <int Bits>
struct half_wave_nonuniform : unsigned_codes<8> {
  using typename unsigned_codes<8>::state;
  static_assert(2 <= Bits && Bits <= 4, "minnow: half_wave_nonuniform has 2 to 4 bits");
  static constexpr text name() { return text("half_wave_nonuniform<") << Bits << ">"; }
  static constexpr int levels = 1 << Bits;
  static constexpr float largest = Bits == 2 ? 1.893595f : Bits == 3 ? 2.625063f : 3.213562f;
  static constexpr float unit = largest / max_code;
  static constexpr interval range(const state&) noexcept { return range_of(unit); }

  template <class Value>
  static Value code(Value x, const state&) noexcept {
    using scalar::select;
    constexpr auto& codes = detail::half_normal_codes<Bits>;
    Value result = select(x > Value(0), Value(static_cast<float>(codes[0])), Value(0));
    for (std::size_t i = 1; i < codes.size(); ++i) {
      const float middle = 0.5f * unit * static_cast<float>(codes[i - 1] + codes[i]);
      result = select(x > Value(middle), Value(static_cast<float>(codes[i])), result);
    }
    return result;
  }
  static constexpr float scale(const state&) noexcept { return unit; }
};

}  // namespace minnow
