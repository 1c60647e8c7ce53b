#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/kernels/direct/portable.hpp>

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#include <arm_mve.h>

#include <minnow/kernels/direct/helium_weights.hpp>

/// The inner loops of direct.hpp and depthwise.hpp with Helium (MVE), the vectors of the Cortex-M55 and M85.
namespace minnow::kernels::detail {

/// Members as portable_steps. VMLADAVA adds 16 products to a sum in a general register.
///
/// cost  for 3 pixels by 2 filters: 2 gathers, 3 loads and 6 VMLADAVA for 96 multiply-accumulates; 3 operations more
///       for each gather of 4-bit weights. Unsigned inputs are made signed, and 128 times the sum of the weights is
///       added
template <class In, class Weights>
struct helium_steps : portable_steps<In, Weights> {
  /// True if inputs are moved to the range of signed bytes.
  static constexpr bool is_shifted = In::storage == encoding::pixel || is_unsigned(In::storage);
  static constexpr int pixels = 3, filters = 2, filters_of_one = 4;
  /// A product of signed inputs with 4-bit weights is below 2^10, so these sums, 16 times as large, fit 32 bits.
  static constexpr bool is_scaled = Weights::storage == encoding::nibble && !is_shifted;
  static constexpr int longest = is_scaled ? 1 << 15 : whole_window;
  template <int Filters>
  static constexpr int shift = is_scaled ? helium_weights<Weights>::shift : 0;

  template <bool Whole, bool Short, int Pixels, int Filters>
  [[gnu::always_inline]] static void add(const std::byte* from, std::ptrdiff_t pixel, std::ptrdiff_t advance,
                                         const std::byte* weights, std::ptrdiff_t next, int quads,
                                         std::int32_t (&sums)[index(Pixels)][index(Filters)]) noexcept {
    const helium_weights<Weights> packed(next);
    // True if the products are added to the sums themselves, without a factor.
    constexpr bool direct = packed.shift == 0 ? In::storage != encoding::pixel : !is_shifted && Short;
    if constexpr (is_optimized && direct && !is_shifted && Whole && Pixels == 3 && Filters == 2)
      return multiply_tile(packed, 4 * quads, from, from + pixel, from + 2 * pixel, weights, next, sums);
    uint8x16_t offsets{};
    if constexpr (!Whole) {
      const uint8x16_t lanes = vidupq_n_u8(0, 1);
      offsets = vaddq_u8(vmulq_n_u8(vshrq_n_u8(lanes, 2), static_cast<std::uint8_t>(advance)),
                         vandq_u8(lanes, vdupq_n_u8(3)));
    }
    std::int32_t large[index(Pixels)][index(Filters)] = {}, of_weights[index(Filters)] = {};
    const std::byte* inputs[index(Pixels)] = {from};
#pragma GCC unroll 4
    for (int p = 1; p < Pixels; ++p) inputs[p] = inputs[p - 1] + pixel;
    const auto step = [&](const auto&... some) __attribute__((always_inline)) {
      int8x16_t w[index(Filters)];
#pragma GCC unroll 4
      for (int f = 0; f < Filters; ++f) {
        w[f] = packed.load(weights + f * weight_quad_bytes<Weights>, some...);
        if constexpr (is_shifted) of_weights[f] = vaddvaq_s8(of_weights[f], w[f]);
      }
#pragma GCC unroll 4
      for (int p = 0; p < Pixels; ++p) {
        const int8x16_t x = load<Whole>(inputs[p], 4 * advance, offsets, some...);
#pragma GCC unroll 4
        for (int f = 0; f < Filters; ++f)
          (direct ? sums : large)[p][f] = vmladavaq_s8((direct ? sums : large)[p][f], x, w[f]);
      }
    };
    for (int passes = quads >> 2; passes > 0; --passes) {
      step();
      weights += 4 * next;
    }
    if ((quads & 3) != 0) step(quads & 3);
    if constexpr (direct && is_shifted) {
#pragma GCC unroll 4
      for (int f = 0; f < Filters; ++f)
#pragma GCC unroll 4
        for (int p = 0; p < Pixels; ++p) sums[p][f] += 128 * of_weights[f];
    } else if constexpr (!direct) {
#pragma GCC unroll 4
      for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
        for (int f = 0; f < Filters; ++f) {
          std::int32_t sum = large[p][f];
          if constexpr (In::storage == encoding::pixel) sum = 2 * sum + of_weights[f];
          else if constexpr (is_shifted) sum += 128 * of_weights[f];
          sums[p][f] += sum >> packed.shift;
        }
    }
  }

  /// True if `depthwise` takes the place of add_tap.
  static constexpr bool has_depthwise = !(In::storage == encoding::pixel || is_unsigned(In::storage));

  /// Computes the depthwise sums of one pixel for a block of filters; see direct_depthwise::tiles. VMULLB and VMULLT
  /// multiply even and odd channels to 16 bits.
  ///
  /// cost  19 operations for two taps of 16 channels, 12 for one
  template <class Positions>
  static void depthwise(const Positions& at, const std::byte* from, const std::byte* weights, int filters,
                        std::int32_t* to) noexcept {
    int32x4x4_t sums{vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    const std::ptrdiff_t next_tap = at.tap, next_weight = at.weight_tap, next_row = at.input_row,
                         next_weights = at.weight_row;
    const int taps = at.taps;
    if (is_optimized && filters == block_filters) {
      for (int row = at.rows; row > 0; --row, from += next_row, weights += next_weights)
        add_taps_of_block(taps, from, weights, next_tap, next_weight, sums);
    } else {
      const mve_pred16_t used = vctp8q(static_cast<std::uint32_t>(filters));
      for (int row = at.rows; row > 0; --row, from += next_row, weights += next_weights) {
        const std::byte *x = from, *w = weights;
        for (int left = taps; left > 0; --left, x += next_tap, w += next_weight) {
          const int8x16_t inputs = vldrbq_z_s8(reinterpret_cast<const std::int8_t*>(x), used),
                          factors = vldrbq_z_s8(reinterpret_cast<const std::int8_t*>(w), used);
          const int16x8_t even = vmullbq_int_s8(inputs, factors), odd = vmulltq_int_s8(inputs, factors);
          sums.val[0] = vaddq_s32(sums.val[0], vmovlbq_s16(even));
          sums.val[2] = vaddq_s32(sums.val[2], vmovltq_s16(even));
          sums.val[1] = vaddq_s32(sums.val[1], vmovlbq_s16(odd));
          sums.val[3] = vaddq_s32(sums.val[3], vmovltq_s16(odd));
        }
      }
    }
    vst4q_s32(to, sums);
  }

private:
  /// Adds the products of the taps of a kernel row to the sums of 16 channels. The products of two taps are added with
  /// 16 bits, because -128 is no code. In assembly, because g++ 12 needs more registers than there are.
  [[gnu::always_inline]] static void add_taps_of_block(int taps, const std::byte* x, const std::byte* w,
                                                       std::ptrdiff_t next_tap, std::ptrdiff_t next_weight,
                                                       int32x4x4_t& sums) noexcept {
    int8x16_t t0, t1, t2, t3;
    register int left __asm__("lr") = taps >> 1;  // the register that LE counts
#define MINNOW_ADD_WIDENED              \
  "vmovlb.s16 %q[t0], %q[t2]\n\t"       \
  "vmovlt.s16 %q[t2], %q[t2]\n\t"       \
  "vmovlb.s16 %q[t1], %q[t3]\n\t"       \
  "vmovlt.s16 %q[t3], %q[t3]\n\t"       \
  "vadd.i32 %q[s0], %q[s0], %q[t0]\n\t" \
  "vadd.i32 %q[s2], %q[s2], %q[t2]\n\t" \
  "vadd.i32 %q[s1], %q[s1], %q[t1]\n\t" \
  "vadd.i32 %q[s3], %q[s3], %q[t3]\n\t"
    __asm__ volatile(
        "wls lr, %[left], 2f\n"
        "1:\n\t"
        "vldrb.8 %q[t0], [%[x]]\n\t"
        "vldrb.8 %q[t1], [%[w]]\n\t"
        "add %[x], %[next_tap]\n\t"
        "add %[w], %[next_weight]\n\t"
        "vmullb.s8 %q[t2], %q[t0], %q[t1]\n\t"
        "vmullt.s8 %q[t3], %q[t0], %q[t1]\n\t"
        "vldrb.8 %q[t0], [%[x]]\n\t"
        "vldrb.8 %q[t1], [%[w]]\n\t"
        "vmullb.s8 %q[t0], %q[t0], %q[t1]\n\t"
        "vadd.i16 %q[t2], %q[t2], %q[t0]\n\t"
        "vldrb.8 %q[t0], [%[x]]\n\t"
        "vmullt.s8 %q[t0], %q[t0], %q[t1]\n\t"
        "vadd.i16 %q[t3], %q[t3], %q[t0]\n\t"
        "add %[x], %[next_tap]\n\t"
        "add %[w], %[next_weight]\n\t" MINNOW_ADD_WIDENED
        "le lr, 1b\n"
        "2:"
        : [t0] "=&w"(t0), [t1] "=&w"(t1), [t2] "=&w"(t2), [t3] "=&w"(t3), [s0] "+w"(sums.val[0]),
          [s1] "+w"(sums.val[1]), [s2] "+w"(sums.val[2]), [s3] "+w"(sums.val[3]), [x] "+r"(x), [w] "+r"(w),
          [left] "+r"(left)
        : [next_tap] "r"(next_tap), [next_weight] "r"(next_weight)
        : "memory");
    if (taps % 2 == 0) return;
    __asm__ volatile(
        "vldrb.8 %q[t0], [%[x]]\n\t"
        "vldrb.8 %q[t1], [%[w]]\n\t"
        "vmullb.s8 %q[t2], %q[t0], %q[t1]\n\t"
        "vmullt.s8 %q[t3], %q[t0], %q[t1]\n\t" MINNOW_ADD_WIDENED
        : [t0] "=&w"(t0), [t1] "=&w"(t1), [t2] "=&w"(t2), [t3] "=&w"(t3), [s0] "+w"(sums.val[0]),
          [s1] "+w"(sums.val[1]), [s2] "+w"(sums.val[2]), [s3] "+w"(sums.val[3])
        : [x] "r"(x), [w] "r"(w)
        : "memory");
#undef MINNOW_ADD_WIDENED
  }

#if defined(__OPTIMIZE__)
  static constexpr bool is_optimized = true;
#else
  static constexpr bool is_optimized = false;  // the registers do not suffice for `multiply`
#endif
  /// Loads the inputs of four quads, or the last ones, and moves the pointer to the next quads.
  template <bool Whole>
  [[nodiscard]] static int8x16_t load(const std::byte*& from, std::ptrdiff_t next, uint8x16_t offsets) noexcept {
    uint8x16_t bytes;
    if constexpr (Whole) {
      // g++ 12 does not use this form of addresses, and schedules the loads too early.
      __asm__ volatile("vldrb.8 %q0, [%1], #16" : "=w"(bytes), "+r"(from) : : "memory");
    } else {
      bytes = vldrbq_gather_offset_u8(reinterpret_cast<const std::uint8_t*>(from), offsets);
      from += next;
    }
    return to_signed(bytes);
  }
  template <bool Whole>
  [[nodiscard]] static int8x16_t load(const std::byte*& from, std::ptrdiff_t, uint8x16_t offsets, int quads) noexcept {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(from);
    const mve_pred16_t used = vctp8q(static_cast<std::uint32_t>(4 * quads));
    return to_signed(Whole ? vldrbq_z_u8(bytes, used) : vldrbq_gather_offset_z_u8(bytes, offsets, used));
  }
  [[nodiscard]] static int8x16_t to_signed(uint8x16_t bytes) noexcept {
    return vreinterpretq_s8_u8(is_shifted ? veorq_u8(bytes, vdupq_n_u8(0x80)) : bytes);
  }
};

}  // namespace minnow::kernels::detail
#endif
