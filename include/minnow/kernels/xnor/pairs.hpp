#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/xnor/count.hpp>

/// What one step of an XNOR product does to one vector of filters, for each of the four pairs of bit and ternary codes.
///
/// Let a and w have bit 1 for +1 and 0 for -1, and z, n bit 1 where an input, a weight is not zero.
///
///   channel_words   words of channels of a step
///   state           what a tile keeps of each pixel and vector; cleared by clear(), so that the array stays in registers
///   add(state, w, a) takes the step's rows of weights and words of inputs
///   count(state)    the number v of which the sum is base + factor · v
///   counts_weights  the base is popcount(n), else the number of inputs inside the image or 0
///   counts_inputs   popcount(z) of the window is taken off v
namespace minnow::kernels::detail {

/// A count that grows in narrow fields and is widened before they overflow.
template <class Arch>
struct running_count {
  using counter = bit_counter<Arch>;
  using words = typename counter::words;
  words narrow;
  words wide;

  void clear() noexcept { narrow = wide = words(word{0}); }
  void add(words bits) noexcept { narrow = counter::count(narrow, bits); }
  void widen() noexcept {
    wide += counter::widen(narrow);
    narrow = words(word{0});
  }
  [[nodiscard]] words total() const noexcept { return wide + counter::widen(narrow); }
};

/// A counter whose fields are whole lanes needs no second one.
template <class Arch>
  requires(!bit_counter<Arch>::is_narrow)
struct running_count<Arch> {
  using counter = bit_counter<Arch>;
  using words = typename counter::words;
  words lanes;

  void clear() noexcept { lanes = words(word{0}); }
  void add(words bits) noexcept {
    lanes = counter::count(lanes, bits);
    hold(lanes);
  }
  void widen() noexcept {}
  [[nodiscard]] words total() const noexcept { return lanes; }
};

/// The chain of parities: a carry-save adder that is fed two words at a time and never leaves its sum.
///
/// Of three words p, x, y the bits that are set add up to 2 · carry(p, x, y) + parity(p, x, y) in each position. Start
/// with p = 0; each step takes two new words, counts the carries and keeps the parity as the next p. In the end the set
/// bits of all words are 2 · popcount(carries) + popcount(p): one popcount for two words.
///
/// The parity is p ^ t with t = x ^ y, so a step needs x and t, and y never.
template <class Arch>
struct parity_chain {
  using words = typename bit_counter<Arch>::words;
  running_count<Arch> carries;
  words parity;

  void clear() noexcept {
    carries.clear();
    parity = words(word{0});
  }
  void add(words x, words next_parity) noexcept {
    carries.add(three_way<words>::carry(x, parity, next_parity));
    parity = next_parity;
    hold(parity);
  }
  void widen() noexcept { carries.widen(); }
  [[nodiscard]] words total() const noexcept {
    const words twice = carries.total();
    running_count<Arch> last;
    last.clear();
    last.add(parity);
    return twice + twice + last.total();
  }
};

template <encoding In, encoding Weights, class Arch>
struct xnor_pair;

/// bit x bit: a product is -1 where the bits differ. With d such places among K the sum is (K - d) - d = K - 2d.
///
/// d is counted by the chain. Words stand in pairs (w0, w0 ^ w1), inputs and weights alike, so that with x = w0 ^ a0 the
/// chain's t is (w0 ^ w1) ^ (a0 ^ a1): one three-way parity with the p that came before.
///
/// cost  5 operations per 2 x 512 bits: xor, parity, carry, popcount, add
template <class Arch>
struct xnor_pair<encoding::bit, encoding::bit, Arch> {
  using words = typename bit_counter<Arch>::words;
  using state = parity_chain<Arch>;
  static constexpr int channel_words = 2;
  static constexpr int factor = -2;
  static constexpr bool counts_weights = false;
  static constexpr bool counts_inputs = false;

  static void add(state& s, const words (&w)[2], const words (&a)[2]) noexcept {
    s.add(w[0] ^ a[0], three_way<words>::parity(a[1], w[1], s.parity));
  }
  static words count(const state& s) noexcept { return s.total(); }
};

/// bit x ternary: only the weights with n = 1 count, and d = popcount(n & (a ^ w)) of them give -1: popcount(n) - 2d.
/// popcount(n) is a constant of the filter.
///
/// cost  3 operations per 512 bits: masked difference, popcount, add
template <class Arch>
struct xnor_pair<encoding::bit, encoding::ternary, Arch> {
  using words = typename bit_counter<Arch>::words;
  using state = running_count<Arch>;
  static constexpr int channel_words = 1;
  static constexpr int factor = -2;
  static constexpr bool counts_weights = true;
  static constexpr bool counts_inputs = false;

  static void add(state& s, const words (&w)[2], const words (&a)[1]) noexcept {
    s.add(three_way<words>::masked_difference(a[0], w[0], w[1]));
  }
  static words count(const state& s) noexcept { return s.total(); }
};

/// ternary x bit: the same with the input's plane, popcount(z) - 2d, d = popcount(z & (a ^ w)). popcount(z) belongs to
/// the window and is the same for all filters; v = 2d - popcount(z).
///
/// cost  3 operations per 512 bits
template <class Arch>
struct xnor_pair<encoding::ternary, encoding::bit, Arch> {
  using words = typename bit_counter<Arch>::words;
  using state = running_count<Arch>;
  static constexpr int channel_words = 1;
  static constexpr int factor = -1;
  static constexpr bool counts_weights = false;
  static constexpr bool counts_inputs = true;

  static void add(state& s, const words (&w)[1], const words (&a)[2]) noexcept {
    s.add(three_way<words>::masked_difference(a[1], a[0], w[0]));
  }
  static words count(const state& s) noexcept {
    const words d = s.total();
    return d + d;
  }
};

/// ternary x ternary: among the weights with n = 1 an input of 0 counts as one +1 and one -1. So each place has two bits:
/// x = n & (a ^ w), and y, which is x where z = 1 and its opposite where z = 0. All set bits together are d of
/// popcount(n) - d; and x ^ y = n & ~z is what the chain wants to know of y.
///
/// cost  5 operations per 512 bits: masked difference, parity, carry, popcount, add
template <class Arch>
struct xnor_pair<encoding::ternary, encoding::ternary, Arch> {
  using words = typename bit_counter<Arch>::words;
  using state = parity_chain<Arch>;
  static constexpr int channel_words = 1;
  static constexpr int factor = -1;
  static constexpr bool counts_weights = true;
  static constexpr bool counts_inputs = false;

  static void add(state& s, const words (&w)[2], const words (&a)[2]) noexcept {
    s.add(three_way<words>::masked_difference(a[1], w[0], w[1]),
          three_way<words>::parity_without(a[0], w[0], s.parity));
  }
  static words count(const state& s) noexcept { return s.total(); }
};

}  // namespace minnow::kernels::detail
