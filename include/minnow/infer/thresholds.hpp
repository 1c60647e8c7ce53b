#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/sink.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

namespace detail {

/// Returns the codes of a quantizer in increasing order, as they are stored: with a zero point, these are the bytes.
template <quantizer Quantizer>
[[nodiscard]] constexpr auto codes_of() {
  if constexpr (is_planes(Quantizer::storage)) {
    return kernels::rising_codes<Quantizer::storage, Quantizer::bits>();
  } else {
    constexpr int lowest = is_unsigned(Quantizer::storage) ? 0 : -Quantizer::max_code;
    std::array<int, Quantizer::max_code - lowest + 1> result{};
    for (int c = lowest; c <= Quantizer::max_code; ++c) result[index(c - lowest)] = c;
    return result;
  }
}

/// Largest number of codes of a quantizer that is folded into integer thresholds.
inline constexpr int most_folded_codes = 16;

/// Returns true if a quantizer has few enough codes to be computed by thresholds.
template <quantizer Quantizer>
[[nodiscard]] constexpr bool has_few_codes() {
  return is_integer(Quantizer::storage) && Quantizer::storage != encoding::pixel &&
         codes_of<Quantizer>().size() <= most_folded_codes;
}

}  // namespace detail

/// The function from a product's sum to a code, as integer comparisons. A float sum is first mapped to an integer by
/// kernels::ordered, which preserves the order. A code is identified by its index among the quantizer's codes in
/// increasing order. For channel c, this index is the number of rows t of `values` with (sum ^ flip[c]) >= t[c].
/// flip[c] is 0 if the code increases with the sum and -1 if it decreases (the code then increases with ~sum = -sum -
/// 1). A max pool between the sum and the code takes the largest of the flipped sums, or the smallest if smallest[c] is
/// -1.
///
/// Rows are padded to whole blocks of 16 channels.
struct thresholds {
  int stride = 0;
  int count = 0;                       ///< codes - 1
  std::vector<std::int32_t> flip;      ///< [stride]
  std::vector<std::int32_t> smallest;  ///< [stride]
  std::vector<std::int32_t> values;    ///< [count][stride]

  thresholds(int channels, int codes)
      : stride(kernels::sum_stride(channels)),
        count(codes - 1),
        flip(index(stride), 0),
        smallest(index(stride), 0),
        values(index(stride) * index(count), (std::numeric_limits<std::int32_t>::max)()) {}

  [[nodiscard]] kernels::threshold_rows rows() const noexcept {
    return {values.data(), flip.data(), smallest.data(), stride};
  }

  /// Finds the thresholds of a channel by bisection. It evaluates the same function from sum to code as the trained
  /// network.
  ///
  /// index_of(sum)   the code's index for a sum in [-bound, bound]; increases or decreases with the sum
  /// direction       1 if the function from the sum to the code increases, -1 if it decreases, 0 if it is constant;
  ///                 `after_pool`: the same for the part of the function after a pool
  template <class IndexOf>
  void find(int channel, std::int32_t bound, int direction, int after_pool, IndexOf&& index_of) {
    const auto c = index(channel);
    flip[c] = direction < 0 ? -1 : 0;
    smallest[c] = after_pool < 0 ? -1 : 0;
    for (int k = 0; k < count; ++k) {
      // Finds the smallest flipped sum whose code index is greater than k. Flipped sums range over [-bound - 1, bound].
      std::int64_t low = -static_cast<std::int64_t>(bound) - 1;
      std::int64_t high = static_cast<std::int64_t>(bound) + 1;
      while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto sum = static_cast<std::int32_t>(middle) ^ flip[c];
        if (index_of((std::clamp)(sum, -bound, bound)) > k) high = middle;
        else low = middle + 1;
      }
      values[index(k * stride) + c] = static_cast<std::int32_t>(low);
    }
  }
};

}  // namespace minnow
