#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/kernels/dot/isa_base.hpp>

/// Dot products of bytes with SSE2 and SSSE3.
namespace minnow::kernels::detail {

#if XSIMD_WITH_SSE2
/// Splits every four bytes (a, b, c, d) into two words of 16-bit numbers, (a, c) and (b, d).
template <class Numbers>
void split_quads(const std::byte* from, int quads, std::byte* to) noexcept {
  constexpr std::int32_t even = 0x00ff00ff;
  constexpr int lanes = static_cast<int>(Numbers::size);
  // The loop moves pointers instead of an index. With a byte index, g++ -O3 reports an overflow in iterations that the
  // vectorized loop never executes.
  for (; quads >= lanes; quads -= lanes, from += 4 * lanes, to += 8 * lanes) {
    const auto all = Numbers::load_unaligned(reinterpret_cast<const std::int32_t*>(from));
    const Numbers evens = all & Numbers(even), odds = (all >> 8) & Numbers(even);
    auto* words = reinterpret_cast<std::int32_t*>(to);
    xsimd::zip_lo(evens, odds).store_unaligned(words);
    xsimd::zip_hi(evens, odds).store_unaligned(words + lanes);
  }
  for (; quads > 0; --quads, from += 4, to += 8) {
    const std::int32_t all = quad_at(from);
    const std::int32_t words[] = {all & even, all >> 8 & even};
    std::memcpy(to, words, 8);
  }
}

template <class Arch, bool Fits>
struct sse_dot : dot_base<Arch, Fits> {
  static constexpr int blocks = 1;
  template <int>
  static constexpr int pixels = 2;
};

template <bool Fits>
sse_dot<xsimd::sse2, false> dot_isa_of(xsimd::sse2);
#endif

#if XSIMD_WITH_SSSE3
template <bool Fits>
sse_dot<xsimd::ssse3, Fits> dot_isa_of(xsimd::ssse3);
#endif

}  // namespace minnow::kernels::detail
