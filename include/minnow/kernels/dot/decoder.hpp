#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/weights.hpp>
#include <minnow/kernels/layout/layout.hpp>

/// Decodes weights with byte shuffles. Every code of up to four bits is looked up in a table of 16 bytes. Most of the
/// work is to move the bits of each weight into a separate byte. A quad is a group of four adjacent channels. A tap is
/// one position of the convolution kernel.
///
/// A shuffle type has these functions, on vectors of `filters` lanes:
///
/// widen(at)                      loads bytes, each into the low half of 16 bits
/// low_and_high(bytes)            turns each 16-bit number (0, b) into the bytes (b & 15, b >> 4)
/// pick(bytes, index)             selects bytes within each 128 bits, or 0 where the top bit of the index is set
/// mark(index, bytes, bit, p)     adds 2^p to the index where `bit` is set in `bytes`
/// look_up(table, word, at)       AVX-512 only: selects a number of the table by four bits of each lane
namespace minnow::kernels::detail {

#if XSIMD_WITH_AVX2
struct avx2_shuffle {
  using vector = __m256i;
  static constexpr int filters = 8;

  static vector load(const void* at) noexcept { return _mm256_loadu_si256(static_cast<const __m256i*>(at)); }
  static vector repeat16(const void* at) noexcept {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(at)));
  }
  static vector widen(const void* at) noexcept {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(static_cast<const __m128i*>(at)));
  }
  static vector low_and_high(vector v) noexcept {
    return _mm256_and_si256(_mm256_or_si256(v, _mm256_slli_epi16(v, 4)), _mm256_set1_epi8(15));
  }
  static vector zero() noexcept { return _mm256_setzero_si256(); }
  static vector either(vector a, vector b) noexcept { return _mm256_or_si256(a, b); }
  static vector pick(vector bytes, vector index) noexcept { return _mm256_shuffle_epi8(bytes, index); }
  static vector mark(vector index, vector bytes, vector bit, int p) noexcept {
    const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
    return _mm256_or_si256(index, _mm256_and_si256(set, _mm256_set1_epi8(static_cast<char>(1 << p))));
  }
  static void store(vector v, std::byte* to) noexcept { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v); }
};
#endif

#if XSIMD_WITH_AVX512BW
struct avx512_shuffle {
  using vector = __m512i;
  static constexpr int filters = 16;

  static vector load(const void* at) noexcept { return _mm512_loadu_si512(at); }
  static vector repeat16(const void* at) noexcept {
    return _mm512_broadcast_i32x4(_mm_loadu_si128(static_cast<const __m128i*>(at)));
  }
  static vector widen(const void* at) noexcept {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(static_cast<const __m256i*>(at)));
  }
  /// Returns (v | v << 4) & 15 in one instruction; 0xa8 is the truth table of (a | b) & c, indexed by 4a + 2b + c.
  static vector low_and_high(vector v) noexcept {
    return _mm512_ternarylogic_epi32(v, _mm512_slli_epi16(v, 4), _mm512_set1_epi8(15), 0xa8);
  }
  static vector zero() noexcept { return _mm512_setzero_si512(); }
  static vector either(vector a, vector b) noexcept { return _mm512_or_si512(a, b); }
  static vector pick(vector bytes, vector index) noexcept { return _mm512_shuffle_epi8(bytes, index); }
  static vector mark(vector index, vector bytes, vector bit, int p) noexcept {
    return _mm512_mask_add_epi8(index, _mm512_test_epi8_mask(bytes, bit), index,
                                _mm512_set1_epi8(static_cast<char>(1 << p)));
  }
  static void store(vector v, std::byte* to) noexcept { _mm512_storeu_si512(to, v); }
  /// Selects a number of `table` for each lane. The index is the four bits of the lane from bit `at` on.
  static vector look_up(vector table, vector word, int at) noexcept {
    // Not _mm512_srli_epi32: at -O0 it is a macro with a cast, which g++ 13 and later report (-Wsign-conversion).
    const xsimd::batch<std::uint32_t, xsimd::avx512f> lanes(word);
    return _mm512_permutexvar_epi32(lanes >> at, table);
  }
};
#endif

/// A table for one quad (four channels) of 16 filters. Byte 4f + c depends only on filter f and channel c of the quad,
/// so one table is used for all quads.
using quad_table = std::array<std::uint8_t, quad_bytes>;
template <class Value>
[[nodiscard]] constexpr quad_table quad_table_of(Value&& value) noexcept {
  quad_table table{};
  for (int f = 0; f < block_filters; ++f)
    for (int c = 0; c < 4; ++c) table[index(4 * f + c)] = static_cast<std::uint8_t>(value(f, c));
  return table;
}

/// Shuffle index that selects byte `Byte` of each filter's word, repeated for the four channels. The byte holds the
/// bits of two of the word's eight quads.
template <int Byte>
alignas(64) inline constexpr quad_table byte_of_word = quad_table_of([](int f, int) { return f % 4 * 4 + Byte; });
/// Masks that select the bit of channel c in a byte that holds the bits of two quads: the lower or, if `High`, the
/// upper quad's bit.
template <bool High>
alignas(64) inline constexpr quad_table bit_of_channel = quad_table_of([](int, int c) {
  return 1 << (c + (High ? 4 : 0));
});

/// Maps four bits of a plane, one for each channel of a quad, to the quad's four bytes. With one plane these bytes are
/// the codes. With several planes each byte holds this plane's bit of an index into the table of codes.
template <class Weights, int Plane>
alignas(64) inline constexpr auto quad_of_bits = [] {
  std::array<std::uint32_t, 16> table{};
  for (std::uint32_t bits = 0; bits < 16; ++bits)
    for (std::uint32_t c = 0; c < 4; ++c) {
      const std::uint32_t bit = bits >> c & 1;
      const bool is_code = weight_planes<Weights::storage, Weights::bits>() == 1;
      const auto code = static_cast<std::uint8_t>(dot_weight_codes<Weights>()[bit]);
      table[bits] |= (is_code ? code : bit << Plane) << 8 * c;
    }
  return table;
}();

/// Shuffle index into the masks of the channels [First, First + Channels). It selects the byte that holds the filter's
/// bit of plane `Plane`. For other channels it is 128, which gives 0.
template <int Planes, int Plane, int First, int Channels>
alignas(64) inline constexpr quad_table byte_of_mask = quad_table_of([](int f, int c) {
  return First <= c && c < First + Channels ? ((c - First) * Planes + Plane) * 2 + f / 8 : 128;
});
alignas(64) inline constexpr quad_table bit_of_filter = quad_table_of([](int f, int) { return 1 << f % 8; });

template <class Shuffle>
struct shuffle_decoder {
  using vector = typename Shuffle::vector;
  static constexpr int vectors = block_filters / Shuffle::filters;
  static constexpr int bytes = Shuffle::filters * 4;

  static vector part(const quad_table& table, int v) noexcept { return Shuffle::load(table.data() + v * bytes); }

  static void store(vector v, int part, std::byte* to) noexcept { Shuffle::store(v, to + part * bytes); }

  template <weight_order Order, class Weights, class Take>
  static void decode(const quad_range& r, const Take& take) noexcept {
    constexpr int planes = weight_planes<Weights::storage, Weights::bits>();
    const vector codes = Shuffle::repeat16(dot_weight_codes<Weights>().data());
    if constexpr (Order == weight_order::planes && requires { &Shuffle::look_up; })
      look_up_words<Weights>(r, codes, take);
    else if constexpr (Order == weight_order::planes) decode_words<planes>(r, codes, take);
    else if constexpr (Order == weight_order::masks) decode_masks<planes>(r, codes, take);
    else decode_nibbles(r, codes, take);
  }

private:
  /// Prefetches 4096 bytes ahead, because hardware prefetching stops at the end of a page.
  static void fetch(const std::byte* at) noexcept { __builtin_prefetch(at + 4096); }

  /// Calls visit(chain, quad) for the quads [first, last). Successive quads go to different chains (accumulators); if
  /// fewer than decoder_chains quads remain, all go to chain 0.
  template <class Visit>
  static void in_chains(int first, int last, const Visit& visit) noexcept {
    for (; first + decoder_chains <= last; first += decoder_chains)
#pragma GCC unroll 4
      for (int chain = 0; chain < decoder_chains; ++chain) visit(chain, first + chain);
    for (; first < last; ++first) visit(0, first);
  }

  template <class Take>
  static void decode_nibbles(const quad_range& r, vector codes, const Take& take) noexcept {
    const int row = 2 * r.filters;
    const std::byte* from = r.block + static_cast<std::ptrdiff_t>(r.tap) * r.quads() * row;
    in_chains(0, r.quads(), [&](int chain, int quad) {
      if (chain % 2 == 0) fetch(from);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v)
        take(chain, quad, v, Shuffle::pick(codes, Shuffle::low_and_high(Shuffle::widen(from + v * bytes / 2))));
      from += row;
    });
  }

  /// Calls visit(index of the first quad, address) for each word of 32 channels of a tap, in the order of the channels.
  template <int Planes, class Visit>
  static void for_each_word(const quad_range& r, const Visit& visit) noexcept {
    const int bytes_of_word = Planes * 4 * r.filters;
    const std::byte* from = r.block + static_cast<std::ptrdiff_t>(r.tap) * channel_words(r.channels) * bytes_of_word;
    for (int quad = 0; quad < r.quads(); quad += 8, from += bytes_of_word) {
      for (int p = 0; p < Planes; ++p) fetch(from + 64 * p);
      visit(quad, from);
    }
  }

  /// Decodes weights in bit planes. A word holds eight quads; the bits of quad j are in one half of byte j / 2.
  template <int Planes, class Take>
  static void decode_words(const quad_range& r, vector codes, const Take& take) noexcept {
    for_each_word<Planes>(r, [&](int quad, const std::byte* from) {
      const auto pair = [&]<int Byte>(std::integral_constant<int, Byte>) {
        if (quad + 2 * Byte >= r.quads()) return;
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) {
          vector low = Shuffle::zero();
          vector high = Shuffle::zero();
#pragma GCC unroll 4
          for (int p = 0; p < Planes; ++p) {
            const vector both =
                Shuffle::pick(Shuffle::load(from + 4 * p * r.filters + v * bytes), part(byte_of_word<Byte>, v));
            low = Shuffle::mark(low, both, part(bit_of_channel<false>, v), p);
            high = Shuffle::mark(high, both, part(bit_of_channel<true>, v), p);
          }
          take(2 * Byte % decoder_chains, quad + 2 * Byte, v, Shuffle::pick(codes, low));
          if (quad + 2 * Byte + 1 < r.quads())
            take((2 * Byte + 1) % decoder_chains, quad + 2 * Byte + 1, v, Shuffle::pick(codes, high));
        }
      };
      pair(std::integral_constant<int, 0>{});
      pair(std::integral_constant<int, 1>{});
      pair(std::integral_constant<int, 2>{});
      pair(std::integral_constant<int, 3>{});
    });
  }

  /// Like decode_words, but with one lookup for a quad in each plane: 2 operations per 64 weights and plane, and with
  /// several planes one more for each plane.
  template <class Weights, class Take>
  static void look_up_words(const quad_range& r, vector codes, const Take& take) noexcept {
    constexpr int planes = weight_planes<Weights::storage, Weights::bits>();
    const vector tables[4] = {
        Shuffle::load(quad_of_bits<Weights, 0>.data()), Shuffle::load(quad_of_bits<Weights, 1>.data()),
        Shuffle::load(quad_of_bits<Weights, 2>.data()), Shuffle::load(quad_of_bits<Weights, 3>.data())};
    for_each_word<planes>(r, [&](int quad, const std::byte* from) {
      const auto group = [&](int chain, int j) {
        vector result = Shuffle::look_up(tables[0], Shuffle::load(from), 4 * j);
#pragma GCC unroll 4
        for (int p = 1; p < planes; ++p)
          result = Shuffle::either(result, Shuffle::look_up(tables[p], Shuffle::load(from + 4 * p * r.filters), 4 * j));
        take(chain, quad + j, 0, planes == 1 ? result : Shuffle::pick(codes, result));
      };
      if (quad + 8 <= r.quads()) {
#pragma GCC unroll 8
        for (int j = 0; j < 8; ++j) group(j % decoder_chains, j);
      } else {
        for (int j = 0; quad + j < r.quads(); ++j) group(0, j);
      }
    });
  }

  /// Decodes weights that are stored as masks of 16 filters. The masks of four channels take 8 bytes per plane. With up
  /// to two planes they are loaded as one piece of up to 16 bytes, with more planes as two pieces of two channels each.
  template <int Planes, class Take>
  static void decode_masks(const quad_range& r, vector codes, const Take& take) noexcept {
    constexpr bool in_two = Planes > 2;
    const std::byte* from = r.block + static_cast<std::ptrdiff_t>(r.tap) * r.channels * Planes * 2;
    const vector bit = part(bit_of_filter, 0);
    in_chains(0, r.quads(), [&](int chain, int quad) {
      if (chain % 2 == 0) fetch(from);
      const vector first = Shuffle::repeat16(from);
      const vector second = in_two ? Shuffle::repeat16(from + 4 * Planes) : first;
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        vector index = Shuffle::zero();
        const auto plane = [&]<int Plane>(std::integral_constant<int, Plane>) {
          if constexpr (Plane < Planes) {
            vector mask = Shuffle::pick(first, part(byte_of_mask < Planes, Plane, 0, in_two ? 2 : 4 >, v));
            if constexpr (in_two)
              mask = Shuffle::either(mask, Shuffle::pick(second, part(byte_of_mask<Planes, Plane, 2, 2>, v)));
            index = Shuffle::mark(index, mask, bit, Plane);
          }
        };
        plane(std::integral_constant<int, 0>{});
        plane(std::integral_constant<int, 1>{});
        plane(std::integral_constant<int, 2>{});
        plane(std::integral_constant<int, 3>{});
        take(chain, quad, v, Shuffle::pick(codes, index));
      }
      from += 8 * Planes;
    });
  }
};

inline plain_decoder dot_decoder_of(portable);
#if XSIMD_WITH_AVX2
inline shuffle_decoder<avx2_shuffle> dot_decoder_of(xsimd::avx2);
#endif
#if XSIMD_WITH_AVX512BW
inline shuffle_decoder<avx512_shuffle> dot_decoder_of(xsimd::avx512bw);
#endif

template <class Arch>
using dot_decoder = decltype(dot_decoder_of(Arch{}));

/// Decodes all quads of a block to memory, in the panel layout of dot/weights.hpp.
template <weight_order Order, class Weights, class Decoder>
[[gnu::noinline]] void decode_panel(const geometry& g, const std::byte* block, int filters, std::byte* to) noexcept {
  for (int tap = 0; tap < g.kernel.height * g.kernel.width; ++tap) {
    const quad_range range{block, filters, g.in.channels, tap};
    Decoder::template decode<Order, Weights>(range, [to](int, int quad, int v, const auto& bytes) {
      Decoder::store(bytes, v, to + static_cast<std::ptrdiff_t>(quad) * quad_bytes);
    });
    to += static_cast<std::ptrdiff_t>(range.quads()) * quad_bytes;
  }
}

}  // namespace minnow::kernels::detail
