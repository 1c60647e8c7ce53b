#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/isa.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/grouped/layout.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// The arithmetic of one step of a grouped convolution: multiply-adds of floats, or dot products of bytes.
namespace minnow::kernels::detail {

/// Multiply-adds of floats, with the interface of dot product instructions (dot/isa_base.hpp).
template <class Arch>
struct float_isa {
  using numbers = float_vector<Arch>;
  using inputs = numbers;
  using weights = numbers;
  using sums = numbers;

  static numbers of(numbers x) noexcept { return x; }
  static numbers from(numbers w) noexcept { return w; }
  static numbers zero() noexcept { return numbers(0.0f); }
  static numbers add(numbers sum, numbers x, numbers w) noexcept { return fma(x, w, sum); }
  static numbers total(numbers sum) noexcept { return sum; }
};

/// Dot products of bytes in standard C++, for a whole block of 16 filters at a time.
struct portable_dot_isa {
  struct numbers {
    static constexpr std::size_t size = block_filters;
    std::int32_t lanes[size];

    numbers() = default;
    explicit numbers(std::int32_t x) noexcept { std::fill_n(lanes, size, x); }
    [[nodiscard]] static numbers load_unaligned(const std::int32_t* from) noexcept {
      numbers result;
      std::copy_n(from, size, result.lanes);
      return result;
    }
  };
  using arch = portable;
  using inputs = numbers;
  using weights = numbers;
  using sums = numbers;
  static constexpr bool is_signed = false;

  static const numbers& of(const numbers& x) noexcept { return x; }
  static const numbers& from(const numbers& w) noexcept { return w; }
  static numbers zero() noexcept { return numbers(0); }
  static numbers add(numbers sum, const numbers& x, const numbers& w) noexcept {
    for (std::size_t f = 0; f < numbers::size; ++f)
      for (int shift = 0; shift < 32; shift += 8)
        sum.lanes[f] += static_cast<std::uint8_t>(x.lanes[f] >> shift) * static_cast<std::int8_t>(w.lanes[f] >> shift);
    return sum;
  }
  static const numbers& total(const numbers& sum) noexcept { return sum; }
};

template <class In, class Weights, class Arch>
using grouped_dot_isa = std::conditional_t<std::is_same_v<dot_isa<Arch, pairs_fit_16_bits<In, Weights>>, no_dot>,
                                           portable_dot_isa, dot_isa<Arch, pairs_fit_16_bits<In, Weights>>>;

}  // namespace minnow::kernels::detail
