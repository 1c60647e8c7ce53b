#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/half_vector.hpp>
#include <minnow/kernels/simd.hpp>

/// Views of weights as a register tile (mac_tile.hpp) reads them: for each input, one row of the weights of 16 filters,
/// from several neighboring blocks of filters at once. Each type of rows has a cursor:
///
/// cursor(rows)     starts at the first input
/// seek(ky)         moves to the first input of kernel row ky
/// fetch()          moves to the rows of the next `step` inputs
/// next(j, v)       returns vector v of the j-th of these rows; must be called for each j in order, and once for each v
namespace minnow::kernels::detail {

template <class Vector>
inline constexpr int block_vectors = block_filters / static_cast<int>(Vector::size);

/// Weights stored as floats, or as halves in the packed weights: (K, row) per block, where K is the number of inputs of
/// a window. `row` is at most 16 numbers, and exactly 16 if several blocks are read. Lanes beyond `row` belong to the
/// next input.
///
/// Element   float, or std::byte for halves; distances are in elements
template <class Element>
struct number_rows {
  static constexpr int number = std::is_same_v<Element, float> ? 1 : 2;  ///< elements of one number

  const Element* first;
  std::ptrdiff_t block;    ///< distance from one block to the next
  std::ptrdiff_t row;      ///< distance from one input to the next
  std::ptrdiff_t segment;  ///< number of inputs of a kernel row

  [[nodiscard]] number_rows from_block(int n) const noexcept { return {first + n * block, block, row, segment}; }

  template <class Vector, int Vectors>
  struct cursor {
    static constexpr int step = 1;
    number_rows rows;
    const Element* at;
    const Element* current;

    explicit cursor(const number_rows& r) noexcept : rows(r), at(r.first), current(r.first) {}
    /// Distance from one row to the next. If several blocks are read, all of them are full. For floats the distance is
    /// then a constant, which saves a register in the inner loop; halves do not benefit.
    [[nodiscard]] std::ptrdiff_t row() const noexcept {
      return number == 1 && Vectors > block_vectors<Vector> ? block_filters : rows.row;
    }
    void seek(int ky) noexcept { at = rows.first + ky * rows.segment * row(); }
    void fetch() noexcept {
      current = at;
      at += row();
    }
    [[nodiscard]] Vector next(int /*j*/, int v) const noexcept {
      const Element* from = current + v / block_vectors<Vector> * rows.block +
                            v % block_vectors<Vector> * static_cast<int>(Vector::size) * number;
      if constexpr (std::is_same_v<Element, float>) return Vector::load_unaligned(from);
      else return half_vector<Vector>::load(from);
    }
  };
};
using float_rows = number_rows<float>;
using half_rows = number_rows<std::byte>;

/// Looks up the values of codes with `Bits` bit planes in a table that stays in a register. The low bits of each lane
/// are the index.
template <class Vector, int Bits>
struct code_lookup {
  static constexpr bool available = false;
};

#if XSIMD_WITH_AVX2
template <class Arch, int Bits>
  requires(std::is_base_of_v<xsimd::avx2, Arch> && Bits <= 3)
struct code_lookup<xsimd::batch<float, Arch>, Bits> {
  static constexpr bool available = true;
  static xsimd::batch<float, Arch> find(xsimd::batch<float, Arch> table, xsimd::batch<word, Arch> index) noexcept {
    return _mm256_permutevar8x32_ps(table, index);
  }
};
#endif

#if XSIMD_WITH_AVX512F
template <class Arch, int Bits>
  requires(std::is_base_of_v<xsimd::avx512f, Arch> && Bits <= 4)
struct code_lookup<xsimd::batch<float, Arch>, Bits> {
  static constexpr bool available = true;
  static xsimd::batch<float, Arch> find(xsimd::batch<float, Arch> table, xsimd::batch<word, Arch> index) noexcept {
    return _mm512_permutexvar_ps(index, table);
  }
};
#endif

/// Weights stored as codes of up to 4 bits, eight inputs per word: words (kh, ceil(kw · C / 8), 16) per block, with
/// input j of the eight in bits 4j … 4j + 3.
///
/// A lookup uses only the low bits of each lane. For an even input j, the vector of words is loaded again from an
/// address that is j / 2 bytes higher, which needs no arithmetic. For the odd input after it, this vector is shifted by
/// 4 bits. The higher bits of each lane do not matter. Up to 3 bytes past the last word are loaded.
///
/// cost  a single pixel takes two lookups, a shift and two multiply-adds for 32 weights: five operations on two 512-bit
///       ports, so at most 12.8 MACs per cycle; 12.0 were measured. For pixels that share a decoded panel, decoding 32
///       weights takes three operations once, about 2 % of the multiply-adds of 64 pixels
template <encoding Weights, int Bits>
struct nibble_rows {
  static constexpr int codes = 8;  // per word
  static constexpr int planes = weight_planes<Weights, Bits>();

  const word* first;
  std::ptrdiff_t block;    ///< distance from one block to the next, in words
  std::ptrdiff_t segment;  ///< distance from one kernel row to the next, in words

  [[nodiscard]] nibble_rows from_block(int n) const noexcept { return {first + n * block, block, segment}; }

  /// Words of one kernel row of one block of filters.
  [[nodiscard]] static constexpr std::size_t segment_words(const geometry& g) noexcept {
    return index(ceil_div(g.kernel.width * g.in.channels, codes)) * block_filters;
  }
  [[nodiscard]] static constexpr std::size_t block_words(const geometry& g) noexcept {
    return segment_words(g) * index(g.kernel.height);
  }
  [[nodiscard]] static nibble_rows of(const geometry& g, const std::byte* prepared) noexcept {
    return {reinterpret_cast<const word*>(prepared), static_cast<std::ptrdiff_t>(block_words(g)),
            static_cast<std::ptrdiff_t>(segment_words(g))};
  }

  /// Repacks the masks (K, planes) of each block of filters to words. The bits of filters beyond the last are 0.
  static void prepare(const geometry& g, const std::byte* masks, std::byte* prepared) noexcept {
    auto* to = reinterpret_cast<word*>(prepared);
    const int length = g.kernel.width * g.in.channels;
    for (int segment = 0; segment < blocks(g.out.channels) * g.kernel.height; ++segment) {
      for (int k = 0; k < length; k += codes, to += block_filters) {
        word words[block_filters] = {};
        for (int j = 0; j < std::min(codes, length - k); ++j) {
          for (int p = 0; p < planes; ++p, masks += 2) {
            const word mask = load16(masks);
            for (int f = 0; f < block_filters; ++f) words[f] |= (mask >> f & 1u) << (4 * j + p);
          }
        }
        std::copy_n(words, block_filters, to);
      }
    }
  }

  template <class Vector, int Vectors>
  struct cursor {
    static constexpr int step = codes;
    using lookup = code_lookup<Vector, planes>;
    using words = xsimd::batch<word, typename Vector::arch_type>;

    nibble_rows rows;
    const word* at;
    const word* current;
    Vector table;
    words indices[index(Vectors)];

    explicit cursor(const nibble_rows& r) noexcept : rows(r), at(r.first), current(r.first) {
      alignas(64) float values[16];
      for (unsigned i = 0; i < 16; ++i)
        values[i] = i >> planes != 0 ? 0 : static_cast<float>(weight_code<Weights, Bits>(i));
      table = Vector::load_aligned(values);
    }
    void seek(int ky) noexcept { at = rows.first + ky * rows.segment; }
    void fetch() noexcept {
      current = at;
      at += block_filters;
    }
    [[nodiscard]] Vector next(int j, int v) noexcept {
      if (j % 2 == 0) {
        const auto* from =
            reinterpret_cast<const std::byte*>(current + v / block_vectors<Vector> * rows.block +
                                               v % block_vectors<Vector> * static_cast<int>(Vector::size));
        indices[v] = words::load_unaligned(reinterpret_cast<const word*>(from + j / 2));
      } else {
        indices[v] = indices[v] >> 4;
      }
      return lookup::find(table, indices[v]);
    }
  };
};

/// Decodes rows of any kind to floats: (kh · kw · C, 16) for each of `Blocks` blocks, one after another.
template <class Vector, int Blocks, class Rows>
void decode_rows(const geometry& g, const Rows& rows, float* to) noexcept {
  constexpr int vectors = Blocks * block_vectors<Vector>, lanes = static_cast<int>(Vector::size);
  using cursor_type = typename Rows::template cursor<Vector, vectors>;
  const int length = g.kernel.width * g.in.channels;
  const std::ptrdiff_t block = static_cast<std::ptrdiff_t>(g.inputs()) * block_filters;
  cursor_type cursor(rows);
  for (int ky = 0; ky < g.kernel.height; ++ky) {
    cursor.seek(ky);
    for (int k = 0; k < length; k += cursor_type::step) {
      cursor.fetch();
#pragma GCC unroll 8
      for (int j = 0; j < cursor_type::step; ++j, to += block_filters) {
        if (j > 0 && k + j >= length) break;
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) {
          cursor.next(j, v).store_unaligned(to + v / block_vectors<Vector> * block + v % block_vectors<Vector> * lanes);
        }
      }
    }
  }
}

}  // namespace minnow::kernels::detail
