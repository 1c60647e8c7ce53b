#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#include <arm_mve.h>

namespace minnow::kernels::detail {

/// Four quads of weights of one filter as 16 bytes. The quads of a filter are `next` bytes apart, so they are gathered.
template <class Weights>
struct helium_weights {
  uint32x4_t offsets;
  static constexpr int shift = 0;  ///< number of bits by which the bytes are too large

  explicit helium_weights(std::ptrdiff_t next) noexcept
      : offsets(vmulq_n_u32(vidupq_n_u32(0, 1), static_cast<std::uint32_t>(next))) {}
  [[nodiscard]] int8x16_t load(const std::byte* from) const noexcept {
    return vreinterpretq_s8_u32(vldrwq_gather_offset_u32(reinterpret_cast<const std::uint32_t*>(from), offsets));
  }
  /// Loads fewer quads; the other bytes are 0.
  [[nodiscard]] int8x16_t load(const std::byte* from, int quads) const noexcept {
    return vreinterpretq_s8_u32(vldrwq_gather_offset_z_u32(reinterpret_cast<const std::uint32_t*>(from), offsets,
                                                           vctp32q(static_cast<std::uint32_t>(quads))));
  }
};

/// Weights of 4 bits: bytes of two weights are gathered to lanes of 16 bits. Both weights are moved to the upper halves
/// of the lane's bytes, so they are 16 times as large.
template <class Weights>
  requires(Weights::storage == encoding::nibble)
struct helium_weights<Weights> {
  uint16x8_t offsets;
  static constexpr int shift = 4;

  explicit helium_weights(std::ptrdiff_t next) noexcept {
    const uint16x8_t lanes = vidupq_n_u16(0, 1);
    offsets = vaddq_u16(vmulq_n_u16(vshrq_n_u16(lanes, 1), static_cast<std::uint16_t>(next)),
                        vandq_u16(lanes, vdupq_n_u16(1)));
  }
  [[nodiscard]] int8x16_t load(const std::byte* from) const noexcept {
    return spread(vldrbq_gather_offset_u16(reinterpret_cast<const std::uint8_t*>(from), offsets));
  }
  [[nodiscard]] int8x16_t load(const std::byte* from, int quads) const noexcept {
    return spread(vldrbq_gather_offset_z_u16(reinterpret_cast<const std::uint8_t*>(from), offsets,
                                             vctp16q(static_cast<std::uint32_t>(2 * quads))));
  }

private:
  [[nodiscard]] static int8x16_t spread(uint16x8_t both) noexcept {
    return vreinterpretq_s8_u16(vandq_u16(vsliq_n_u16(vshlq_n_u16(both, 4), both, 8), vdupq_n_u16(0xf0f0)));
  }
};

/// The loop of a tile of 3 pixels by 2 filters, which adds the products of `bytes` inputs of each pixel. In assembly,
/// because g++ 12 moves sums to other registers in each pass of a loop, and adds to pointers with separate
/// instructions. The last pass of the loop uses only the rest of the bytes (tail predication).
///
/// load_weights  the instructions that load four quads of weights of both filters to w0 and w1
#define MINNOW_HELIUM_LOOP(load_weights) \
  "wlstp.8 lr, %[left], 2f\n"            \
  "1:\n\t" load_weights                  \
  "vldrb.8 %q[x], [%[x0]], #16\n\t"      \
  "vmladava.s8 %[s0], %q[x], %q[w0]\n\t" \
  "vmladava.s8 %[s1], %q[x], %q[w1]\n\t" \
  "vldrb.8 %q[x], [%[x1]], #16\n\t"      \
  "vmladava.s8 %[s2], %q[x], %q[w0]\n\t" \
  "vmladava.s8 %[s3], %q[x], %q[w1]\n\t" \
  "vldrb.8 %q[x], [%[x2]], #16\n\t"      \
  "vmladava.s8 %[s4], %q[x], %q[w0]\n\t" \
  "vmladava.s8 %[s5], %q[x], %q[w1]\n\t" \
  "letp lr, 1b\n"                        \
  "2:"
#define MINNOW_HELIUM_OUTPUTS                                                                                        \
  [w0] "=&w"(w0), [w1] "=&w"(w1), [x] "=&w"(x), [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [s0] "+Te"(sums[0][0]), \
      [s1] "+Te"(sums[0][1]), [s2] "+Te"(sums[1][0]), [s3] "+Te"(sums[1][1]), [s4] "+Te"(sums[2][0]),                \
      [s5] "+Te"(sums[2][1]), [left] "+r"(left)

/// Four quads of weights are gathered from addresses that are `next` bytes apart.
template <class Weights>
[[gnu::always_inline]] inline void multiply_tile(const helium_weights<Weights>& packed, int bytes, const std::byte* x0,
                                                 const std::byte* x1, const std::byte* x2, const std::byte* weights,
                                                 std::ptrdiff_t next, std::int32_t (&sums)[3][2]) noexcept {
  uint32x4_t w0, w1, x;
  register int left __asm__("lr") = bytes;  // the register that LETP counts
  if constexpr (Weights::storage == encoding::nibble) {
    __asm__ volatile(MINNOW_HELIUM_LOOP("vldrb.u16 %q[w0], [%[w], %q[first]]\n\t"
                                        "vldrb.u16 %q[w1], [%[w], %q[second]]\n\t"
                                        "add %[w], %[next]\n\t"
                                        "vshl.i16 %q[x], %q[w0], #4\n\t"
                                        "vsli.16 %q[x], %q[w0], #8\n\t"
                                        "vshl.i16 %q[w0], %q[w1], #4\n\t"
                                        "vsli.16 %q[w0], %q[w1], #8\n\t"
                                        "vand %q[w1], %q[w0], %q[upper]\n\t"
                                        "vand %q[w0], %q[x], %q[upper]\n\t")
                     : MINNOW_HELIUM_OUTPUTS, [w] "+r"(weights)
                     : [next] "r"(4 * next), [first] "w"(packed.offsets), [second] "w"(vaddq_n_u16(packed.offsets, 2)),
                       [upper] "w"(vdupq_n_u16(0xf0f0))
                     : "memory");
  } else {
    uint32x4_t at = vaddq_n_u32(packed.offsets, reinterpret_cast<std::uintptr_t>(weights));
    __asm__ volatile(MINNOW_HELIUM_LOOP("vldrw.u32 %q[w0], [%q[w]]\n\t"
                                        "vldrw.u32 %q[w1], [%q[w], #4]\n\t"
                                        "vadd.i32 %q[w], %q[w], %q[next]\n\t")
                     : MINNOW_HELIUM_OUTPUTS, [w] "+w"(at)
                     : [next] "w"(vdupq_n_u32(static_cast<std::uint32_t>(4 * next)))
                     : "memory");
  }
}
#undef MINNOW_HELIUM_LOOP
#undef MINNOW_HELIUM_OUTPUTS

}  // namespace minnow::kernels::detail
#endif
