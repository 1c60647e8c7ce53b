#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#include <arm_mve.h>
#endif

/// Codes in fixed point: clamp((multiplier · sum + offset) >> shift, low, high), with one set of constants for each
/// channel.
namespace minnow::kernels {

/// Returns scaled / 2^shift, rounded down and clamped to [low, high].
[[nodiscard]] constexpr std::int32_t fixed_code(std::int64_t scaled, std::int32_t shift, std::int32_t low,
                                                std::int32_t high) noexcept {
  if (shift >= 32) [[likely]] {
    // Only the upper word remains. 32-bit processors compute this with a fourth of the instructions.
    const std::int32_t rounded = static_cast<std::int32_t>(scaled >> 32) >> (shift - 32);
    return rounded < low ? low : rounded > high ? high : rounded;
  }
  const std::int64_t rounded = scaled >> shift;
  return static_cast<std::int32_t>(rounded < low ? low : rounded > high ? high : rounded);
}

/// The constants of a channel in two numbers of 64 bits: the offset; then, from the lowest bit on, the multiplier (32
/// bits), the shift (7 bits), `smallest` (1 bit), low and high (12 bits each).
struct fixed_constants_of_channel {
  std::int64_t offset;
  std::int64_t rest;

  /// smallest  true if a max pool keeps the smallest code of a window
  ///
  /// requires  0 <= shift <= 62, |multiplier · sum + offset| < 2^63 for all sums
  [[nodiscard]] static constexpr fixed_constants_of_channel of(std::int32_t multiplier, std::int64_t offset,
                                                               std::int32_t shift, std::int32_t low, std::int32_t high,
                                                               bool smallest = false) noexcept {
    const std::uint32_t upper =
        static_cast<std::uint32_t>(shift) | (smallest ? 128u : 0u) | limited(low) << 8 | limited(high) << 20;
    return {offset, static_cast<std::int64_t>(std::uint64_t{upper} << 32 | static_cast<std::uint32_t>(multiplier))};
  }
  [[nodiscard]] constexpr std::int32_t multiplier() const noexcept { return static_cast<std::int32_t>(rest); }
  [[nodiscard]] constexpr std::int32_t shift() const noexcept { return upper() & 127; }
  [[nodiscard]] constexpr bool smallest() const noexcept { return (upper() & 128) != 0; }
  [[nodiscard]] constexpr std::int32_t low() const noexcept {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(upper()) << 12) >> 20;
  }
  [[nodiscard]] constexpr std::int32_t high() const noexcept { return upper() >> 20; }

  /// more  a number that is added to the offset
  [[nodiscard]] constexpr std::int32_t code(std::int32_t sum, std::int64_t more = 0) const noexcept {
    return fixed_code(std::int64_t{multiplier()} * sum + offset + more, shift(), low(), high());
  }

private:
  [[nodiscard]] constexpr std::int32_t upper() const noexcept { return static_cast<std::int32_t>(rest >> 32); }
  /// Limits that no code of one byte reaches are shortened to 12 bits.
  [[nodiscard]] static constexpr std::uint32_t limited(std::int32_t n) noexcept {
    return static_cast<std::uint32_t>(n < -2048 ? -2048 : n > 2047 ? 2047 : n) & 0xfffu;
  }
};

/// True if `fixed_codes` computes several channels at a time.
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
inline constexpr bool has_fixed_vectors = true;
#else
inline constexpr bool has_fixed_vectors = false;
#endif

/// Computes the codes of some channels: sums [count] -> codes [count].
///
/// cost  with Helium 22 operations for 4 channels
inline void fixed_codes(const fixed_constants_of_channel* constants, const std::int32_t* sums, int count,
                        std::byte* codes) noexcept {
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
  std::int32_t least = 32;
  for (int fours = count >> 2; fours > 0; --fours, constants += 4, sums += 4, codes += 4) {
    const uint32x4x4_t of = vld4q_u32(reinterpret_cast<const std::uint32_t*>(constants));
    const int32x4_t sum = vldrwq_s32(sums), multiplier = vreinterpretq_s32_u32(of.val[2]),
                    upper = vreinterpretq_s32_u32(of.val[3]);
    // The carry of the lower words is the highest bit of half their sum.
    const uint32x4_t half = vhaddq_u32(vreinterpretq_u32_s32(vmulq_s32(multiplier, sum)), of.val[0]);
    int32x4_t word = vaddq_s32(vmulhq_s32(multiplier, sum), vreinterpretq_s32_u32(of.val[1]));
    word = vaddq_s32(word, vreinterpretq_s32_u32(vshrq_n_u32(half, 31)));
    const int32x4_t shift = vandq_s32(upper, vdupq_n_s32(127));
    least = vminvq_s32(least, shift);
    word = vshlq_s32(word, vsubq_s32(vdupq_n_s32(32), shift));
    word = vmaxq_s32(vminq_s32(word, vshrq_n_s32(upper, 20)), vshrq_n_s32(vshlq_n_s32(upper, 12), 20));
    vstrbq_s32(reinterpret_cast<std::int8_t*>(codes), word);
  }
  const int done = least < 32 ? count & -4 : 0;  // these codes need the lower words too
  constants -= done;
  sums -= done;
  codes -= done;
  count = (count & 3) + done;
#endif
  for (; count > 0; --count) *codes++ = static_cast<std::byte>(constants++->code(*sums++));
}

}  // namespace minnow::kernels
