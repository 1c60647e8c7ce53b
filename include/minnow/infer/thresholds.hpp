#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// Codes of a quantizer in rising order.
template <quantizer Q>
[[nodiscard]] constexpr auto codes_of() {
  if constexpr (Q::storage == encoding::bit) {
    return std::array<int, 2>{-1, 1};
  } else if constexpr (Q::storage == encoding::power_of_two) {
    constexpr int q = kernels::magnitudes(Q::bits);
    std::array<int, 2 * q + 1> result{};
    for (int p = 0; p < q; ++p) {
      result[static_cast<std::size_t>(q + 1 + p)] = 1 << p;
      result[static_cast<std::size_t>(q - 1 - p)] = -(1 << p);
    }
    return result;
  } else {
    std::array<int, 2 * Q::code_limit + 1> result{};
    for (int c = -Q::code_limit; c <= Q::code_limit; ++c) result[static_cast<std::size_t>(c + Q::code_limit)] = c;
    return result;
  }
}

/// Up to how many codes a quantizer is folded into integer thresholds.
inline constexpr int most_folded_codes = 16;

template <quantizer Q>
[[nodiscard]] constexpr bool has_few_codes() {
  return is_integer(Q::storage) && Q::storage != encoding::pixel && 2 * Q::code_limit + 1 <= 255 && codes_of<Q>().size() <= most_folded_codes;
}

/// Everything between an integer sum and a code, as integers. For channel c the code's index is the number of thresholds
/// t with (sum ^ flip[c]) >= t[c]: flip is 0 where the code rises with the sum and -1 where it falls (then ~sum = -sum - 1
/// rises). A pool in between takes the largest of the flipped sums, or the smallest where `smallest[c]` is -1.
///
/// rows are padded to whole blocks of 16 channels
struct thresholds {
  int stride = 0;
  int count = 0;                       ///< codes - 1
  std::vector<std::int32_t> flip;      ///< [stride]
  std::vector<std::int32_t> smallest;  ///< [stride]
  std::vector<std::int32_t> values;    ///< [count][stride]

  thresholds(int channels, int codes)
      : stride(kernels::sum_stride(channels)),
        count(codes - 1),
        flip(static_cast<std::size_t>(stride), 0),
        smallest(static_cast<std::size_t>(stride), 0),
        values(static_cast<std::size_t>(stride) * static_cast<std::size_t>(count), std::numeric_limits<std::int32_t>::max()) {}

  /// Finds the thresholds of a channel by bisection over the very function that the trained network computes.
  ///
  /// index_of(sum)   the code's index for a sum in [-bound, bound]; rises or falls with it
  /// direction       1, -1 or 0 of the whole function; `behind_pool` that of its part behind a pool
  template <class IndexOf>
  void find(int channel, std::int32_t bound, int direction, int behind_pool, IndexOf&& index_of) {
    const auto c = static_cast<std::size_t>(channel);
    flip[c] = direction < 0 ? -1 : 0;
    smallest[c] = behind_pool < 0 ? -1 : 0;
    for (int k = 0; k < count; ++k) {
      // The least flipped sum with index > k; flipped sums run over [-bound - 1, bound].
      std::int64_t low = -static_cast<std::int64_t>(bound) - 1;
      std::int64_t high = static_cast<std::int64_t>(bound) + 1;
      while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto sum = static_cast<std::int32_t>(middle) ^ flip[c];
        if (index_of(std::clamp(sum, -bound, bound)) > k) high = middle;
        else low = middle + 1;
      }
      values[static_cast<std::size_t>(k * stride) + c] = static_cast<std::int32_t>(low);
    }
  }
};

namespace kernels {

/// 16 comparisons, bit i being (sums[i] ^ flip[i]) >= limits[i].
inline std::uint32_t compare_block(const std::int32_t* sums, const std::int32_t* flip, const std::int32_t* limits, scalar) noexcept {
  std::uint32_t bits = 0;
  for (int i = 0; i < block_filters; ++i) bits |= static_cast<std::uint32_t>((sums[i] ^ flip[i]) >= limits[i]) << i;
  return bits;
}

template <class Arch>
  requires(xsimd::types::has_simd_register<std::int32_t, batch_arch<Arch>>::value)
std::uint32_t compare_block(const std::int32_t* sums, const std::int32_t* flip, const std::int32_t* limits, Arch) noexcept {
  using batch = xsimd::batch<std::int32_t, batch_arch<Arch>>;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < block_filters; i += batch::size) {
    const auto flipped = batch::load_unaligned(sums + i) ^ batch::load_unaligned(flip + i);
    bits |= static_cast<std::uint32_t>((flipped >= batch::load_unaligned(limits + i)).mask()) << i;
  }
  return bits;
}

}  // namespace kernels

namespace detail {

/// One pixel's sums to its packed codes.
template <quantizer Q, class Arch>
void encode_sums(const thresholds& t, const std::int32_t* sums, int channels, std::byte* packed) noexcept {
  constexpr auto codes = codes_of<Q>();
  constexpr int count = static_cast<int>(codes.size()) - 1;
  constexpr int planes = kernels::input_planes<Q::storage, Q::bits>();
  std::array<std::uint32_t, planes == 0 ? 1 : planes> words{};
  for (int first = 0; first < channels; first += kernels::block_filters) {
    std::array<std::uint32_t, count + 2> at_least{};  // bit i: the index of channel first + i is at least k
    at_least[0] = 0xffff;
    for (int k = 0; k < count; ++k)
      at_least[static_cast<std::size_t>(k + 1)] =
          kernels::compare_block(sums + first, t.flip.data() + first, t.values.data() + k * t.stride + first, Arch{});
    const int left = std::min(channels - first, kernels::block_filters);
    if constexpr (planes > 0) {
      const std::uint32_t used = (1u << left) - 1;
      for (int plane = 0; plane < planes; ++plane) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < codes.size(); ++k)
          if (kernels::detail::input_bit<Q::storage, Q::bits>(plane, codes[k])) bits |= at_least[k] & ~at_least[k + 1];
        words[static_cast<std::size_t>(plane)] |= (bits & used) << (first % word_bits);
      }
      if (first % word_bits != 0 || channels - first <= kernels::block_filters)
        for (int plane = 0; plane < planes; ++plane, packed += 4) {
          kernels::detail::store32(packed, words[static_cast<std::size_t>(plane)]);
          words[static_cast<std::size_t>(plane)] = 0;
        }
    } else {
      for (int i = 0; i < left; ++i) {
        std::size_t index = 0;
        for (std::size_t k = 1; k <= count; ++k) index += at_least[k] >> i & 1u;
        *packed++ = static_cast<std::byte>(codes[index]);
      }
    }
  }
}

}  // namespace detail

}  // namespace minnow
