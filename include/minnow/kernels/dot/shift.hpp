#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/portable.hpp>
#include <minnow/kernels/operand.hpp>

namespace minnow::kernels {

namespace detail {

/// Multiplies by shifts. An input ±2^e is stored as ±(1 + e), and 0 as 0. A weight ±2^d is ±1 shifted left by d.
/// Shifted left by another e, it is the product except for the sign of the input. With s = 0 for a positive input and
/// -1 for a negative one, (w ^ s) - s is w or -w. The shift is the same for a whole row of weights. Inputs of 0 are
/// skipped.
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

/// Products of powers of two without multiplications: each product is ±1 shifted by the sum of two exponents. For
/// processors without a multiplier, and for the portable path.
///
/// The interface is the one of kernels::product (product.hpp); rows() hands its sums to a sink (sink/sink.hpp).
///
/// requires  K up to longest(): sums fit 32 bits
/// cost      one shift, one xor, one subtraction and one addition for each filter and each input that is not 0, on
///           blocks of 16 filters
/// source    Chen et al. 2020, Tables I and II
template <class In, class Weights>
struct shift_product {
  static_assert(In::storage == encoding::power_of_two && Weights::storage == encoding::power_of_two,
                "minnow: shifts multiply powers of two");

  using sum_type = std::int32_t;
  using kernel = detail::portable_kernel<In, Weights, detail::portable_shifts>;

  static constexpr int longest() noexcept { return detail::dot_inputs<In, Weights>(); }
  static constexpr const char* name(const geometry&) noexcept { return "shift"; }
  static constexpr const char* arch_name(const geometry&) noexcept { return "portable"; }
  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept { return kernel::prepared_bytes(g); }
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept { return kernel::scratch_bytes(g); }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    kernel::prepare(g, weights, prepared);
  }
  template <class Sink>
  static void rows(const geometry& g, const operands& o, int first, int last, const Sink& sink) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    assert(g.inputs() <= longest() && "sums that fit 32 bits");
    if (first < last) kernel::run(g, o, first, last, sink);
  }
};

}  // namespace minnow::kernels
