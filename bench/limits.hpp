#pragma once

// Measures the limit of a kernel on the processor at hand: the MAC per cycle of a loop over the kernel's inner step
// whose operands are all in registers. The loop executes the same arithmetic instructions as the kernel, through the
// kernel's own functions, but it loads nothing and has no epilogue.

#include <cstddef>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/product.hpp>

#include "measure.hpp"

namespace bench {

namespace kernels = minnow::kernels;

namespace detail {

/// Makes the value of a register opaque to the compiler, so that it computes nothing outside of the loop.
template <class Batch>
void opaque(Batch& batch) noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __asm__ volatile("" : "+v"(batch.data));
#elif defined(__aarch64__)
  __asm__ volatile("" : "+w"(batch.data));
#endif
}
/// Requires the value of a register.
template <class Batch>
void keep(Batch batch) noexcept {
  opaque(batch);
}

constexpr int limit_steps = 2000;

/// Returns the MAC per cycle of a call that executes `macs` multiply-accumulates.
inline double rate(double macs, const call& what) {
  return macs / alternate({what}, {.samples = 21, .seconds = 0.1}).front().cycles;
}

/// The kernel's tile of the most pixels.
template <class kernel>
double xnor_limit() {
  using pair = typename kernel::pair;
  using words = typename kernel::words;
  constexpr int size = kernel::most_pixels * kernel::most_blocks * kernel::vectors;
  constexpr auto weight_words = static_cast<std::size_t>(kernel::weight_planes * pair::channel_words);
  constexpr auto input_words = static_cast<std::size_t>(kernel::input_planes * pair::channel_words);
  constexpr double macs = 32.0 * words::size * pair::channel_words * size * limit_steps;
  return rate(macs, [] {
    typename kernel::state states[minnow::index(size)];
    words weights[weight_words], inputs[input_words];
#pragma GCC unroll 32
    for (int i = 0; i < size; ++i) states[i].clear();
#pragma GCC unroll 4
    for (std::size_t i = 0; i < weight_words; ++i) weights[i] = words(0x12345678);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < input_words; ++i) inputs[i] = words(0x2468ace0);
    for (int step = 0; step < limit_steps; ++step) {
#pragma GCC unroll 32
      for (int i = 0; i < size; ++i) {
#pragma GCC unroll 4
        for (std::size_t k = 0; k < weight_words; ++k) opaque(weights[k]);
        pair::add(states[i], weights, inputs);
      }
    }
#pragma GCC unroll 32
    for (int i = 0; i < size; ++i) keep(states[i].total());
  });
}

/// Dot products of bytes in the tile of `Isa` with the most accumulators.
template <class Isa>
double dot_limit() {
  using numbers = typename Isa::numbers;
  constexpr int blocks = Isa::blocks;
  constexpr int size = Isa::template pixels<blocks> * blocks * kernels::detail::dot_tiles<Isa>::vectors;
  return rate(4.0 * numbers::size * size * limit_steps, [] {
    typename Isa::sums sums[minnow::index(size)];
#pragma GCC unroll 32
    for (int i = 0; i < size; ++i) sums[i] = Isa::zero();
    typename Isa::inputs inputs = Isa::of(numbers(0x01020304));
    typename Isa::weights weights = Isa::from(numbers(0x04030201));
    for (int step = 0; step < limit_steps; ++step) {
#pragma GCC unroll 32
      for (int i = 0; i < size; ++i) {
        if constexpr (requires { inputs.even; }) {
          opaque(inputs.even);
          opaque(inputs.odd);
        } else {
          opaque(inputs);
        }
        sums[i] = Isa::add(sums[i], inputs, weights);
        kernels::detail::hold(sums[i]);
      }
    }
#pragma GCC unroll 32
    for (int i = 0; i < size; ++i) keep(Isa::total(sums[i]));
  });
}

/// One pixel by weights in fields: a shift for every half of a vector's fields, and a mask and a dot product for every
/// field, in the tile of one pixel (kernels/dot/rows/sums.hpp).
template <class Isa, int Bits>
double field_limit() {
  using numbers = typename Isa::numbers;
  using tiles = kernels::detail::field_tiles<Isa, Bits>;
  using sum = kernels::detail::field_sum<Isa, Bits>;
  constexpr int width = tiles::blocks * tiles::vectors;
  constexpr int scales = tiles::scales_of(width);
  constexpr int chains = tiles::chains_of(width);
  return rate(4.0 * numbers::size * width * tiles::fields * limit_steps, [] {
    constexpr auto scale_sums = minnow::index(tiles::half), vectors = minnow::index(width);
    sum sums[2][scale_sums][vectors];
    numbers counts[2][scale_sums][vectors], bytes[vectors], masks[scale_sums];
#pragma GCC unroll 2
    for (int c = 0; c < chains; ++c)
#pragma GCC unroll 4
      for (int j = 0; j < scales; ++j)
#pragma GCC unroll 4
        for (int v = 0; v < width; ++v) counts[c][j][v] = numbers(0);
#pragma GCC unroll 4
    for (int v = 0; v < width; ++v) bytes[v] = numbers(0x12345678);
#pragma GCC unroll 4
    for (int j = 0; j < tiles::half; ++j) {
      masks[j] = numbers(0x01010101);
      opaque(masks[j]);
    }
    typename Isa::inputs inputs = Isa::of(numbers(0x01020304));
    constexpr int period = sum::period < limit_steps ? sum::period : limit_steps;
    for (int first = 0; first < limit_steps; first += period) {
#pragma GCC unroll 2
      for (int c = 0; c < chains; ++c)
#pragma GCC unroll 4
        for (int j = 0; j < scales; ++j)
#pragma GCC unroll 4
          for (int v = 0; v < width; ++v) sums[c][j][v].clear();
      for (int step = 0; step < period; ++step) {
#pragma GCC unroll 4
        for (int v = 0; v < width; ++v) {
          opaque(bytes[v]);
          const numbers parts[2] = {bytes[v], bytes[v] >> 4};
#pragma GCC unroll 2
          for (int part = 0; part < 2; ++part)
#pragma GCC unroll 4
            for (int j = 0; j < tiles::half; ++j)
              sums[part % chains][j % scales][v].add(
                  inputs, (scales > 1 || j == 0 ? parts[part] : parts[part] >> (Bits * j)) & masks[j]);
        }
      }
#pragma GCC unroll 2
      for (int c = 0; c < chains; ++c)
#pragma GCC unroll 4
        for (int j = 0; j < scales; ++j)
#pragma GCC unroll 4
          for (int v = 0; v < width; ++v) counts[c][j][v] += sums[c][j][v].settle() >> (Bits * j);
    }
#pragma GCC unroll 2
    for (int c = 0; c < chains; ++c)
#pragma GCC unroll 4
      for (int j = 0; j < scales; ++j)
#pragma GCC unroll 4
        for (int v = 0; v < width; ++v) keep(counts[c][j][v]);
  });
}

}  // namespace detail

/// Returns the limit of the best architecture's product in MAC per cycle; 0 for floats and without SIMD.
template <minnow::encoding In, minnow::encoding Weights, class Arch = kernels::best>
double limit() {
  using a = kernels::operand<In>;
  using b = kernels::operand<Weights>;
  if constexpr (std::is_same_v<Arch, kernels::portable> || !minnow::is_integer(In) || !minnow::is_integer(Weights)) {
    return 0;
  } else if constexpr (kernels::detail::xnor_operands<a, b>) {
    using kernel = typename kernels::xnor_product<a, b, Arch>::selected::kernel;
    if constexpr (requires { typename kernel::pair; }) return detail::xnor_limit<kernel>();
    else return 0;
  } else {
    return detail::dot_limit<kernels::detail::dot_isa<Arch, kernels::detail::pairs_fit_16_bits<a, b>>>();
  }
}

/// Returns the limit of a product of one row by weights that are decoded in registers; 0 for all others.
template <minnow::encoding In, minnow::encoding Weights, class Arch = kernels::best>
double row_limit() {
  using a = kernels::operand<In>;
  using b = kernels::operand<Weights>;
  if constexpr (std::is_same_v<Arch, kernels::portable> || !minnow::is_integer(In) || !minnow::is_integer(Weights) ||
                kernels::detail::xnor_operands<a, b> || Weights == minnow::encoding::byte) {
    return 0;
  } else {
    using isa = kernels::detail::dot_isa<Arch, kernels::detail::pairs_fit_16_bits<a, b>>;
    return detail::field_limit<isa, kernels::detail::field_code_of<b>().bits>();
  }
}

}  // namespace bench
