#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/kernels/direct/portable.hpp>

/// The inner loops of direct.hpp with the instructions for pairs of 16-bit numbers of Armv7E-M (Cortex-M4, M7 and M33).
/// The loops are in assembly, because g++ keeps neither the rotation in SXTB16 nor the sums of a tile in registers.
#if defined(__ARM_FEATURE_SIMD32) && defined(__thumb2__)
namespace minnow::kernels::detail {

/// The products of a quad: SMLAD adds the products of the channels 0 and 2, and then of the channels 1 and 3.
///
/// cost  for 2 pixels by 2 filters: 3 loads, 8 extensions and 8 SMLAD, 19 instructions for 16 multiply-accumulates; 22
///       for weights of 4 bits
template <class In, class Weights>
struct dsp_quad {
  static constexpr bool nibbles = Weights::storage == encoding::nibble;

  template <bool Whole, int Pixels, int Filters>
  [[gnu::always_inline]] static void add(const std::byte* (&inputs)[index(Pixels)], std::ptrdiff_t advance,
                                         const std::byte* weights,
                                         std::int32_t (&sums)[index(Pixels)][index(Filters)]) noexcept {
    static_assert(Filters % 2 == 0);
    if constexpr (Pixels == 1) {
      std::uint32_t x_even, x_odd;
      load_inputs<Whole>(inputs[0], advance, x_even, x_odd);
#pragma GCC unroll 4
      for (int f = 0; f < Filters; f += 2) {
        std::uint32_t even0, odd0, even1, odd1;
        load_weights(weights + f * weight_quad_bytes<Weights>, even0, odd0, even1, odd1);
        multiply(x_even, x_odd, even0, odd0, even1, odd1, sums[0][f], sums[0][f + 1]);
      }
    } else {
#pragma GCC unroll 4
      for (int f = 0; f < Filters; f += 2) {
        std::uint32_t even0, odd0, even1, odd1;
        load_weights(weights + f * weight_quad_bytes<Weights>, even0, odd0, even1, odd1);
#pragma GCC unroll 4
        for (int p = 0; p < Pixels; ++p) {
          std::uint32_t x_even, x_odd;
          load_inputs<Whole>(inputs[p], advance, x_even, x_odd);
          multiply(x_even, x_odd, even0, odd0, even1, odd1, sums[p][f], sums[p][f + 1]);
        }
      }
    }
  }

private:
  /// Loads a quad of inputs as pairs of 16 bits: channels 0 and 2, channels 1 and 3.
  template <bool Whole>
  [[gnu::always_inline]] static void load_inputs(const std::byte*& from, [[maybe_unused]] std::ptrdiff_t advance,
                                                 std::uint32_t& even, std::uint32_t& odd) noexcept {
    if constexpr (is_unsigned(In::storage))
      __asm__ volatile("ldr %1, [%2]\n\tuxtb16 %0, %1\n\tuxtb16 %1, %1, ror #8"
                       : "=&r"(even), "=&r"(odd)
                       : "r"(from)
                       : "memory");
    else if constexpr (Whole)
      __asm__ volatile("ldr %1, [%2], #4\n\tsxtb16 %0, %1\n\tsxtb16 %1, %1, ror #8"
                       : "=&r"(even), "=&r"(odd), "+r"(from)
                       :
                       : "memory");
    else
      __asm__ volatile("ldr %1, [%2]\n\tsxtb16 %0, %1\n\tsxtb16 %1, %1, ror #8"
                       : "=&r"(even), "=&r"(odd)
                       : "r"(from)
                       : "memory");
    if constexpr (is_unsigned(In::storage) || !Whole) from += Whole ? 4 : advance;
  }

  /// Loads the quads of two filters. Weights of 4 bits are moved to the upper ends of pairs of 16 bits, so they are
  /// 4096 times as large.
  [[gnu::always_inline]] static void load_weights(const std::byte* from, std::uint32_t& even0, std::uint32_t& odd0,
                                                  std::uint32_t& even1, std::uint32_t& odd1) noexcept {
    if constexpr (nibbles) {
      __asm__ volatile(
          "ldr %0, [%4]\n\t"
          "mov %2, #0xf000f000\n\t"
          "pkhbt %1, %0, %0, lsl #8\n\t"
          "pkhtb %3, %0, %0, asr #8\n\t"
          "and %0, %2, %1, lsl #12\n\t"
          "and %1, %2, %1, lsl #8\n\t"
          "and %2, %2, %3, lsl #4\n\t"
          "and %3, %3, #0xf000f000"
          : "=&r"(even0), "=&r"(odd0), "=&r"(even1), "=&r"(odd1)
          : "r"(from)
          : "memory");
    } else {
      __asm__ volatile(
          "ldrd %1, %3, [%4]\n\t"
          "sxtb16 %0, %1\n\t"
          "sxtb16 %2, %3\n\t"
          "sxtb16 %1, %1, ror #8\n\t"
          "sxtb16 %3, %3, ror #8"
          : "=&r"(even0), "=&r"(odd0), "=&r"(even1), "=&r"(odd1)
          : "r"(from)
          : "memory");
    }
  }
  [[gnu::always_inline]] static void multiply(std::uint32_t x_even, std::uint32_t x_odd, std::uint32_t even0,
                                              std::uint32_t odd0, std::uint32_t even1, std::uint32_t odd1,
                                              std::int32_t& sum0, std::int32_t& sum1) noexcept {
    __asm__ volatile(
        "smlad %0, %2, %4, %0\n\t"
        "smlad %1, %2, %6, %1\n\t"
        "smlad %0, %3, %5, %0\n\t"
        "smlad %1, %3, %7, %1"
        : "+&r"(sum0), "+&r"(sum1)
        : "r"(x_even), "r"(x_odd), "r"(even0), "r"(odd0), "r"(even1), "r"(odd1));
  }
};

/// Members as portable_steps. Single filters use the portable loops.
template <class In, class Weights>
struct dsp_steps : portable_steps<In, Weights> {
  using quad = dsp_quad<In, Weights>;
  using portable_form = portable_steps<In, Weights>;
  template <int Filters>
  static constexpr bool has_pairs = In::storage != encoding::pixel && Filters % 2 == 0;

  /// A product is below 2^10 (2^11 for unsigned inputs), so these sums of 4-bit weights, 4096 times as large, fit 32
  /// bits.
  static constexpr int longest = !quad::nibbles ? whole_window : is_unsigned(In::storage) ? 64 : 127;
  template <int Filters>
  static constexpr int shift = quad::nibbles && has_pairs<Filters> ? 12 : 0;

  template <bool Whole, bool Short, int Pixels, int Filters>
  [[gnu::always_inline]] static void add(const std::byte* from, std::ptrdiff_t pixel, std::ptrdiff_t advance,
                                         const std::byte* weights, std::ptrdiff_t next, int quads,
                                         std::int32_t (&sums)[index(Pixels)][index(Filters)]) noexcept {
    if constexpr (!has_pairs<Filters>) {
      portable_form::template add<Whole, Short, Pixels, Filters>(from, pixel, advance, weights, next, quads, sums);
    } else if constexpr (Short || !quad::nibbles) {
      add_quads<quad, Whole, Pixels, Filters>(from, pixel, advance, weights, next, quads, sums);
    } else {
      while (quads > 0) {
        const int some = quads < longest ? quads : longest;
        std::int32_t large[index(Pixels)][index(Filters)] = {};
        add_quads<quad, Whole, Pixels, Filters>(from, pixel, advance, weights, next, some, large);
#pragma GCC unroll 4
        for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
          for (int f = 0; f < Filters; ++f) sums[p][f] += large[p][f] >> shift<Filters>;
        quads -= some;
        from += some * (Whole ? 4 : advance);
        weights += some * next;
      }
    }
  }

  /// cost  for 2 pixels by 4 channels: 3 loads, 6 extensions and 8 multiply-adds
  template <int Pixels, int Channels>
  [[gnu::always_inline]] static void add_tap(const std::byte* from, std::ptrdiff_t pixel, const std::byte* weights,
                                             std::int32_t (&sums)[index(Pixels)][index(Channels)]) noexcept {
    if constexpr (In::storage == encoding::pixel || Channels != 4) {
      portable_steps<In, Weights>::template add_tap<Pixels, Channels>(from, pixel, weights, sums);
    } else {
      std::uint32_t even, odd;
      __asm__ volatile("ldr %1, [%2]\n\tsxtb16 %0, %1\n\tsxtb16 %1, %1, ror #8"
                       : "=&r"(even), "=&r"(odd)
                       : "r"(weights)
                       : "memory");
#pragma GCC unroll 4
      for (int p = 0; p < Pixels; ++p, from += pixel) {
        std::uint32_t x_even, x_odd;
        if constexpr (is_unsigned(In::storage))
          __asm__ volatile("ldr %1, [%2]\n\tuxtb16 %0, %1\n\tuxtb16 %1, %1, ror #8"
                           : "=&r"(x_even), "=&r"(x_odd)
                           : "r"(from)
                           : "memory");
        else
          __asm__ volatile("ldr %1, [%2]\n\tsxtb16 %0, %1\n\tsxtb16 %1, %1, ror #8"
                           : "=&r"(x_even), "=&r"(x_odd)
                           : "r"(from)
                           : "memory");
        __asm__ volatile(
            "smlabb %0, %4, %6, %0\n\t"
            "smlabb %1, %5, %7, %1\n\t"
            "smlatt %2, %4, %6, %2\n\t"
            "smlatt %3, %5, %7, %3"
            : "+&r"(sums[p][0]), "+&r"(sums[p][1]), "+&r"(sums[p][2]), "+&r"(sums[p][3])
            : "r"(x_even), "r"(x_odd), "r"(even), "r"(odd));
      }
    }
  }
};

}  // namespace minnow::kernels::detail
#endif
