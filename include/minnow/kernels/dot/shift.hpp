#pragma once

#include <bit>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/integer_product.hpp>
#include <minnow/kernels/dot/portable.hpp>

namespace minnow::kernels {

namespace detail {

/// Multiplies by shifts. An input ±2^e is stored as ±(1 + e), and 0 as 0. A weight ±2^d is ±1 shifted left by d.
/// Shifting this weight left by e gives the product, except for the sign of the input. With s = 0 for a positive input
/// and -1 for a negative one, (w ^ s) - s is w or -w. The shift is the same for the whole row of 16 weights of an
/// input. Inputs of 0 are skipped.
struct portable_shifts {
  static void add(const std::int16_t* inputs, int length, const std::int16_t* weights, std::int32_t* sums) noexcept {
    std::int32_t a[block_filters];
    for (int f = 0; f < block_filters; ++f) a[f] = sums[f];
    for (int k = 0; k < length; ++k, weights += block_filters) {
      const int x = inputs[k];
      if (x == 0) continue;
      const int sign = x < 0 ? -1 : 0;
      const int e = (x ^ sign) - sign - 1;
      for (int f = 0; f < block_filters; ++f) a[f] += ((weights[f] << e) ^ sign) - sign;
    }
    for (int f = 0; f < block_filters; ++f) sums[f] = a[f];
  }
  static std::int16_t input(int code) noexcept {
    const auto magnitude = static_cast<int>(std::bit_width(static_cast<unsigned>(code < 0 ? -code : code)));
    return static_cast<std::int16_t>(code < 0 ? -magnitude : magnitude);
  }
};

}  // namespace detail

/// Products of powers of two without multiplications: each product is ±1 shifted by the sum of two exponents. They are
/// for processors without a multiplier and for the architecture `portable`.
///
/// cost      one shift, one xor, one subtraction and one addition for each filter and each input that is not 0, on
///           blocks of 16 filters
/// source    Chen et al. 2020, Tables I and II
template <class In, class Weights>
struct shift_product
    : detail::integer_product<In, Weights, detail::portable_kernel<In, Weights, detail::portable_shifts>> {
  static_assert(In::storage == encoding::power_of_two && Weights::storage == encoding::power_of_two,
                "minnow: shifts multiply powers of two");

  static constexpr const char* name(const geometry&) noexcept { return "shift"; }
};

}  // namespace minnow::kernels
