#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// Table indices of weights. A table holds all sums that a group of weights can form from a group of inputs, and the
/// index of the weights selects one of these sums.
///
/// bit           Five weights of ±1 give 32 signed sums. Bit j of the index is set if weight j is +1.
/// ternary       Three weights of -1, 0, 1 give 27 sums. With v = 9 w0 + 3 w1 + w2, from -13 to 13, the low four bits
///               of the index are |v|, the highest bit is set if v < 0, and the upper half of the table is the lower
///               half negated.
/// power_of_two  The index holds the codes of two weights side by side, in 4, 6 or 8 bits.
///
/// A group of inputs never spans two pixels, so each table belongs to one pixel. Missing channels count as zeros.
namespace minnow::kernels::detail {

template <encoding Weights, int Bits>
struct table_index {
  static constexpr int planes = weight_planes<Weights, Bits>();
  static constexpr int group = Weights == encoding::bit       ? 5
                               : Weights == encoding::ternary ? 3
                                                              : 2;  ///< inputs per table
  static constexpr int bits = Weights == encoding::power_of_two ? 2 * planes : 5;
  static constexpr int per_word = word_bits / bits;
  static constexpr int table_floats = 1 << bits;

  /// Returns the index of a group of weights. Each weight is given by its planes, plane p in bit p.
  static constexpr word of(const std::array<unsigned, index(group)>& weights) noexcept {
    word result = 0;
    if constexpr (Weights == encoding::ternary) {
      int v = 0;
      for (const unsigned w : weights) v = 3 * v + weight_code<Weights, Bits>(w);
      result = v < 0 ? static_cast<word>(-v) | 16u : static_cast<word>(v);
    } else {
      for (std::size_t j = 0; j < group; ++j) result |= weights[j] << (j * planes);
    }
    return result;
  }

  /// Computes the indices of a group of weights for 16 filters, from bit or ternary codes held in floats. codes(j)
  /// points to the codes of weight j, and is null for a channel beyond the last.
  template <class Codes>
  static void of_codes(Codes&& codes, std::uint32_t (&indices)[block_filters]) noexcept {
    static_assert(Weights == encoding::bit || Weights == encoding::ternary);
    std::int32_t v[block_filters] = {};
    for (int j = 0; j < group; ++j) {
      const float* const code = codes(j);
      if constexpr (Weights == encoding::bit) {
        if (code == nullptr) break;
        for (int f = 0; f < block_filters; ++f) v[f] |= static_cast<std::int32_t>(code[f] > 0) << j;
      } else {
        for (int f = 0; f < block_filters; ++f)
          v[f] = 3 * v[f] + (code == nullptr ? 0 : static_cast<std::int32_t>(code[f]));
      }
    }
    for (int f = 0; f < block_filters; ++f) indices[f] = static_cast<word>(v[f] < 0 ? 16 - v[f] : v[f]);
  }

  /// Number of tables per pixel.
  [[nodiscard]] static constexpr int groups(int channels) noexcept { return ceil_div(channels, group); }
  /// Number of words of indices in one kernel row, per filter.
  [[nodiscard]] static constexpr int segment_words(const geometry& g) noexcept {
    return ceil_div(g.kernel.width * groups(g.in.channels), per_word);
  }
  [[nodiscard]] static constexpr std::size_t bytes(const geometry& g) noexcept {
    return index(blocks(g.out.channels)) * index(g.kernel.height) * index(segment_words(g)) * block_filters *
           sizeof(word);
  }

  /// Repacks masks (kh, kw, C, planes) per block -> words (kh, segment_words, 16) per block, the first index in the
  /// lowest bits.
  static void prepare(const geometry& g, const std::byte* masks, std::byte* prepared) noexcept {
    auto* to = reinterpret_cast<word*>(prepared);
    const int count = g.kernel.width * groups(g.in.channels);
    for (int segment = 0; segment < blocks(g.out.channels) * g.kernel.height; ++segment) {
      std::fill_n(to, segment_words(g) * block_filters, word{0});
      for (int n = 0; n < count; ++n) {
        const int left = g.in.channels - n % groups(g.in.channels) * group;
        std::array<std::array<unsigned, index(group)>, block_filters> weights{};
        for (int j = 0; j < std::min(group, left); ++j) {
          for (int p = 0; p < planes; ++p, masks += 2) {
            const unsigned mask = load16(masks);
            for (std::size_t f = 0; f < block_filters; ++f) weights[f][index(j)] |= (mask >> f & 1u) << p;
          }
        }
        word* row = to + n / per_word * block_filters;
        for (std::size_t f = 0; f < block_filters; ++f) row[f] |= of(weights[f]) << (n % per_word * bits);
      }
      to += segment_words(g) * block_filters;
    }
  }
};

/// Part of a window: `groups` tables for each pixel of a tile, and the indices into these tables.
struct table_run {
  const float* tables;   ///< the tables of the first pixel
  std::ptrdiff_t pixel;  ///< distance between the tables of two pixels, in floats
  const word* words;     ///< the table indices of the first block
  std::ptrdiff_t block;  ///< distance from one block to the next, in words
  int groups;
  bool begins;  ///< true: the sums start at 0; false: they continue from memory
};

}  // namespace minnow::kernels::detail
