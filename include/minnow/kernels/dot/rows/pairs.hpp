#pragma once

#include <cstdint>

#include <minnow/kernels/dot/isa.hpp>
#include <minnow/kernels/hold.hpp>

/// The accumulators of products by weights in fields (rows/fields.hpp). A type of accumulators has these members:
///
/// period               number of steps after which settle() must be called, because sums are limited to 16 or 32 bits
/// clear()              sets the sum to 0
/// add(inputs, codes)   adds the dot products of four inputs and four codes in each lane
/// settle()             returns the sum of each lane
namespace minnow::kernels::detail {

/// Sums in 32 bits, with the dot product of the instruction set. With scaled fields a step adds at most 2 · 4 · 255 · 8
/// to a sum, so the sums of a period stay below 2^31.
template <class Isa, int Bits>
struct field_sum {
  using numbers = typename Isa::numbers;
  static constexpr int period = 1 << 16;

  typename Isa::sums sum;

  void clear() noexcept { sum = Isa::zero(); }
  void add(const typename Isa::inputs& inputs, numbers codes) noexcept {
    sum = Isa::add(sum, inputs, Isa::from(codes));
    hold(sum);
  }
  [[nodiscard]] numbers settle() const noexcept { return Isa::total(sum); }
};

/// Sums of pairs of products in 16 bits, for instruction sets that add products of bytes in pairs.
///
/// A scaled field is at most 8, or 15 with 4 bits, so a sum of two products with inputs of up to 255 is at most 4080 or
/// 7650. A step adds two of them to a sum. A shifted field is at most 2 or 15, and a step adds all of its fields to one
/// sum: at most 8 · 510 or 4 · 1020 or 2 · 7650.
///
/// cost  2 operations per vector, and 2 more in each period
template <class Isa, int Bits>
  requires Isa::adds_pairs
struct field_sum<Isa, Bits> {
  using numbers = typename Isa::numbers;
  using pairs = xsimd::batch<std::int16_t, typename numbers::arch_type>;
  static constexpr int period = Bits == 4 ? 2 : 4;

  pairs sum;

  void clear() noexcept { sum = pairs(0); }
  void add(numbers inputs, numbers codes) noexcept {
    sum += pairs(multiply_bytes(inputs, codes));
    hold(sum);
  }
  [[nodiscard]] numbers settle() const noexcept { return numbers(multiply_pairs(sum, pairs(1))); }
};

}  // namespace minnow::kernels::detail
