#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/xnor/count.hpp>

/// One step of an XNOR product on one vector of filters, for each of the four pairs of bit and ternary codes.
///
/// Notation: bits a and w are 1 for +1 and 0 for -1. Bit z is 1 where an input is not zero, bit n where a weight is not
/// zero.
///
///   channel_words    number of words of 32 channels in one step
///   state            accumulators of a tile for one pixel and one vector of filters. clear() resets them; with default
///                    initializers, g++ would not keep an array of them in registers
///   add(state, w, a) adds one step: w holds the step's rows of weights, a its words of inputs
///   count(state)     returns the number v for which the sum is base + factor · v
///   counts_weights   true if the base is popcount(n), the number of nonzero weights. Otherwise the base is 0 if
///                    counts_inputs is true, else the number of inputs inside the image
///   counts_inputs    true if popcount(z), the number of nonzero inputs of the window, is subtracted from v
namespace minnow::kernels::detail {

/// A count that accumulates in narrow fields. widen() moves it to 32-bit lanes before a field overflows.
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

/// Specialization for counters with 32-bit fields, which need no second counter.
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

/// A carry-save adder, called the chain of parities: it takes two words per step and carries its sum bits (the parity)
/// over to the next step.
///
/// At each bit position, the set bits of three words p, x, y add up to 2 · carry(p, x, y) + parity(p, x, y). The chain
/// starts with p = 0. Each step takes two new words x and y, counts the bits of the carry, and keeps the parity as the
/// next p. At the end the number of set bits in all words is 2 · popcount(carries) + popcount(p). This takes one
/// popcount for two words.
///
/// The parity is p ^ t with t = x ^ y, so a step needs x and t, but not y itself.
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

/// bit x bit: a product is -1 where the bits differ. If the bits differ at d of K positions, the sum is
/// (K - d) - d = K - 2d.
///
/// parity_chain counts d. Both inputs and weights store their words in pairs (w0, w0 ^ w1). With x = w0 ^ a0, the
/// chain's t is therefore (w0 ^ w1) ^ (a0 ^ a1), and one three-operand parity of these two words and p gives the next
/// p.
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

/// bit x ternary: only weights that are not 0 (n = 1) contribute. d = popcount(n & (a ^ w)) of them give -1, so the sum
/// is popcount(n) - 2d. popcount(n) is a constant of the filter.
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

/// ternary x bit: like bit x ternary, but only inputs that are not 0 (z = 1) contribute. The sum is popcount(z) - 2d,
/// with d = popcount(z & (a ^ w)). popcount(z) depends only on the window and is the same for all filters, so it is
/// part of v: v = 2d - popcount(z).
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

/// ternary x ternary: where the weight is not 0 (n = 1), an input of 0 (z = 0) counts as half a +1 and half a -1. Each
/// position therefore has two bits: x = n & (a ^ w), and y, which equals x where z = 1 and its complement where z = 0.
/// If d bits are set in all x and y together, the sum is popcount(n) - d. The parity chain uses y only in x ^ y, which
/// is n & ~z.
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
