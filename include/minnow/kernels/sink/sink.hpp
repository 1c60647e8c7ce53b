#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#include <arm_mve.h>
#endif

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/sum_sink.hpp>

/// Epilogue of the kernels, the code that processes finished sums. A kernel hands each finished tile of integer sums to
/// a `sink` while the sums are still in registers.
///
/// The files of this folder, in the order in which a call goes through them:
///
/// ordered_sums.hpp  `with_sinks` connects kernels that store float sums to the sinks: it stores the sums of a few
///                   rows, then hands them over as integers that increase with the sums; other kernels call a sink
///                   directly
/// sum_sink.hpp      `sum_sink` stores the sums; `float_sink` only holds the address where a float kernel stores its
///                   sums
/// sink.hpp          this file: `code_sink` compares the sums with thresholds, pools the codes and packs them
/// byte_sink.hpp     `byte_sink` takes the place of `code_sink` where there are too many codes for thresholds: it calls
///                   a function that turns sums into one-byte codes
/// fixed_codes.hpp   codes in fixed point, for such functions on microcontrollers
///
/// A kernel on SIMD batches usually holds a count v instead of the sum: sum = base + Factor · v. The base is the same
/// for all windows that have the same taps (kernel positions) inside the image. Such windows form a region
/// (region.hpp). So a sink computes its constants once for each region and group of filters; these constants are a
/// `panel`. This keeps the multiplication by Factor and the addition of the base out of the inner loop. `code_sink`
/// needs neither of them: it replaces the comparison of the sum with a threshold by a comparison of v with a limit.
///
/// sink.panel<Factor>(base, channel, filters)   returns the constants for `filters` filters from `channel` on, which is
///                                              a multiple of 16; base: an array of batches, 16 or 32 lanes in all
/// panel.put(y, x, counts)                      takes the counts of output pixel (y, x), batches like `base`
/// sink.put(y, x, channel, filters, sums)       takes one block of plain sums, for kernels without batches
///
/// put() is called once for each pixel and group of filters. Among the pixels of a pooling window, the upper left one
/// comes first and the lower right one last, because for_each_region visits pixels in this order.
namespace minnow::kernels {

/// Calls visit(index, is_first, is_last) for each pooling window that contains the element (y, x) and is in the window
/// rows [first_row, last_row). Along each axis, these windows range from the first one that ends after the element to
/// the last one that begins at or before it. is_first (is_last) is true if the element is the upper left (lower right)
/// of the window's elements inside the map.
template <class Visit>
void for_each_window(const geometry& pool, int y, int x, int first_row, int last_row, Visit&& visit) noexcept {
  const axis along_y = pool.y_axis(), along_x = pool.x_axis();
  const int first_y = along_y.first_position_over(y);
  const int first_x = along_x.first_position_over(x);
  for (int wy = first_y < first_row ? first_row : first_y; along_y.origin(wy) <= y && wy < last_row; ++wy) {
    const int_range rows = along_y.taps(wy);
    const int ky = y - along_y.origin(wy);
    for (int wx = first_x; along_x.origin(wx) <= x && wx < pool.out.width; ++wx) {
      const int_range columns = along_x.taps(wx);
      const int kx = x - along_x.origin(wx);
      visit(static_cast<std::ptrdiff_t>(wy) * pool.out.width + wx, ky == rows.first && kx == columns.first,
            ky == rows.last - 1 && kx == columns.last - 1);
    }
  }
}

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
namespace detail {

/// Returns a bit mask of the filters of a block with (sum ^ flip) >= threshold.
[[nodiscard]] inline std::uint32_t reached_of_block(const std::int32_t* sums, const std::int32_t* flip,
                                                    const std::int32_t* thresholds) noexcept {
  int32x4_t bit = vshlq_s32(vdupq_n_s32(1), vreinterpretq_s32_u32(vidupq_n_u32(0, 1))), mask = vdupq_n_s32(0);
#pragma GCC unroll 4
  for (int f = 0; f < block_filters; f += 4) {
    const int32x4_t sum = veorq_s32(vldrwq_s32(sums + f), vldrwq_s32(flip + f));
    mask = vorrq_m_s32(mask, mask, bit, vcmpgeq_s32(sum, vldrwq_s32(thresholds + f)));
    bit = vshlq_n_s32(bit, 4);
  }
  return static_cast<std::uint32_t>(vaddvq_s32(mask));
}

}  // namespace detail
#endif

/// Sink that turns sums into the packed input codes of the next layer. It compares the sums with thresholds and pools
/// the codes (in 1x1 windows if there is no pool).
///
/// Encoding, Bits  encoding of the codes
/// Count           number of thresholds; there are Count + 1 codes, in increasing order
///
/// Comparing a vector of sums with a threshold gives a bit mask, one bit per filter. Over a pooling window the masks
/// are ORed in `waiting`, because the largest code of the window is above a threshold if any of its codes is. For
/// filters that keep the smallest code, the complement of the mask is ORed, and the result is complemented again at the
/// end.
template <encoding Encoding, int Bits, int Count>
struct code_sink {
  threshold_rows thresholds;
  geometry pool;             ///< pooling windows over the map of sums
  std::byte* map;            ///< packed map to write
  std::uint32_t* waiting;    ///< [pooled pixels][ceil(C / 32)][Count], for C channels; unused for 1x1 windows
  int first_window_row = 0;  ///< only the window rows [first, last) are written
  int last_window_row = pool.out.height;

  static constexpr int planes = input_planes<Encoding, Bits>();
  using masks = std::array<std::uint32_t, index(Count)>;

  [[nodiscard]] static constexpr bool pools(const geometry& pool) noexcept { return pool.kernel != extent{1, 1}; }

  /// Number of words that `waiting` must hold.
  [[nodiscard]] static constexpr std::size_t waiting_words(const geometry& pool) noexcept {
    if (!pools(pool)) return 0;
    return index(pool.out.pixels()) * index(channel_words(pool.out.channels)) * Count;
  }

  /// Bit masks of the 16 or 32 filters of a panel, and the position of their codes in a pixel.
  struct group {
    int channel;
    std::ptrdiff_t offset;      ///< offset of the codes in a pixel, in bytes
    std::ptrdiff_t pixel_size;  ///< in bytes
    bool to_one_pixel;          ///< each sum gives exactly one code
    std::uint32_t used;
    std::uint32_t smallest;  ///< of a pool
  };

  template <int Factor, class Batch, std::size_t Vectors>
  struct panel_of {
    const code_sink* sink;
    group filters;
    std::uint32_t flip;
    Batch limits[index(Count)][index(Vectors)];

    void put(int y, int x, const Batch (&counts)[Vectors]) const noexcept {
      masks reached;
      for (std::size_t k = 0; k < Count; ++k) {
        std::uint32_t bits = 0;
        for (std::size_t v = 0; v < Vectors; ++v) {
          const auto reaches = Factor > 0 ? counts[v] >= limits[k][v] : counts[v] <= limits[k][v];
          bits |= static_cast<std::uint32_t>(reaches.mask()) << (v * Batch::size);
        }
        reached[k] = bits ^ flip;
      }
      sink->take(y, x, filters, reached);
    }
  };

  /// Returns the panel, in which each threshold t is replaced by a limit for the count v. Let t' = t, or t' = -t if
  /// thresholds.flip inverts the bits of the sum: ~sum >= t is equivalent to not (sum >= -t). Let u = t' - base. Then
  ///
  /// base + v >= t'    is equivalent to   v >= u
  /// base + 2v >= t'   is equivalent to   v >= ceil(u / 2)
  /// base - v >= t'    is equivalent to   v <= -u
  /// base - 2v >= t'   is equivalent to   v <= floor(-u / 2)
  template <int Factor, class Batch, std::size_t Vectors>
  [[nodiscard]] panel_of<Factor, Batch, Vectors> panel(const Batch (&base)[Vectors], int channel,
                                                       int filters) const noexcept {
    static_assert(Factor == 1 || Factor == 2 || Factor == -1 || Factor == -2);
    panel_of<Factor, Batch, Vectors> result{this, group_of(channel, filters), 0, {}};
    for (int f = 0; f < filters; ++f) result.flip |= static_cast<std::uint32_t>(thresholds.flip[channel + f] & 1) << f;
    for (std::size_t v = 0; v < Vectors; ++v) {
      const auto at = index(channel) + v * Batch::size;
      const Batch flip = Batch::load_unaligned(thresholds.flip + at);
      for (std::size_t k = 0; k < Count; ++k) {
        const Batch t = Batch::load_unaligned(thresholds.values + k * index(thresholds.stride) + at);
        const Batch turned = (t ^ flip) - flip;
        if constexpr (Factor == 1) result.limits[k][v] = turned - base[v];
        if constexpr (Factor == 2) result.limits[k][v] = (turned - base[v] + Batch(1)) >> 1;
        if constexpr (Factor == -1) result.limits[k][v] = base[v] - turned;
        if constexpr (Factor == -2) result.limits[k][v] = (base[v] - turned) >> 1;
      }
    }
    return result;
  }

  void put(int y, int x, int channel, int filters, const std::int32_t* block) const noexcept {
    masks reached{};
    for (std::size_t k = 0; k < Count; ++k) {
      const std::int32_t* t = thresholds.values + static_cast<std::ptrdiff_t>(k) * thresholds.stride + channel;
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
      if (filters == block_filters) {
        reached[k] = detail::reached_of_block(block, thresholds.flip + channel, t);
        continue;
      }
#endif
      for (int f = 0; f < filters; ++f)
        reached[k] |= static_cast<std::uint32_t>((block[f] ^ thresholds.flip[channel + f]) >= t[f]) << f;
    }
    take(y, x, group_of(channel, filters), reached);
  }

private:
  [[nodiscard]] group group_of(int channel, int filters) const noexcept {
    const auto size = static_cast<std::ptrdiff_t>(pixel_bytes<Encoding, Bits>(pool.in.channels));
    const std::ptrdiff_t offset = planes > 0 ? channel / word_bits * planes * 4 + channel % word_bits / 8 : channel;
    const bool to_one_pixel = !pools(pool) && pool.stride == extent{1, 1};
    group g{channel, offset, size, to_one_pixel, filters == 32 ? ~0u : (1u << filters) - 1, 0};
    if (pools(pool))
      for (int f = 0; f < filters; ++f)
        g.smallest |= static_cast<std::uint32_t>(thresholds.smallest[channel + f] & 1) << f;
    return g;
  }

  /// Packs the codes of one pixel, or pools them first.
  ///
  /// reached  bit f of reached[k] is set if the code of filter f is above threshold k
  void take(int y, int x, const group& filters, const masks& reached) const noexcept {
    if (filters.to_one_pixel) {
      finish(static_cast<std::ptrdiff_t>(y) * pool.in.width + x, filters, reached);
    } else {
      take_windows(y, x, filters, reached);
    }
  }

  /// Not inlined, so that the path for sums that contribute to a single pixel stays short.
  [[gnu::noinline]] void take_windows(int y, int x, const group& filters, masks reached) const noexcept {
    for_each_window(pool, y, x, first_window_row, last_window_row,
                    [&](std::ptrdiff_t window, bool is_first, bool is_last) {
                      if (pools(pool)) gather(window, is_first, is_last, filters, reached);
                      else finish(window, filters, reached);
                    });
  }

  void gather(std::ptrdiff_t pixel, bool is_first, bool is_last, const group& filters,
              const masks& reached) const noexcept {
    const int half = filters.channel % word_bits;
    std::uint32_t* at = waiting + (pixel * channel_words(pool.in.channels) + filters.channel / word_bits) * Count;
    // Two groups of 16 filters may share a word; the lower group is processed first.
    const std::uint32_t kept = half == 0 ? 0 : 0xffffu;
    masks pooled;
    for (std::size_t k = 0; k < Count; ++k) {
      const std::uint32_t turned = reached[k] ^ filters.smallest;
      const std::uint32_t before = is_first ? at[k] & kept : at[k];
      at[k] = before | turned << half;
      pooled[k] = at[k] >> half ^ filters.smallest;
    }
    if (is_last) finish(pixel, filters, pooled);
  }

  void finish(std::ptrdiff_t pixel, const group& filters, const masks& reached) const noexcept {
    std::byte* to = map + pixel * filters.pixel_size + filters.offset;
    if constexpr (planes > 0) {
      for (int p = 0; p < planes; ++p, to += 4) {
        const std::uint32_t bits = plane_bits(p, reached) & filters.used;
        if (filters.channel % word_bits == 0) detail::store32(to, bits);
        else detail::store16(to, bits);
      }
    } else {
      constexpr int lowest = is_unsigned(Encoding) ? 0 : -(Count / 2);
      for (int f = 0; f < static_cast<int>(std::bit_width(filters.used)); ++f) {
        int code = 0;
        for (std::size_t k = 0; k < Count; ++k) code += static_cast<int>(reached[k] >> f & 1u);
        to[f] = static_cast<std::byte>(lowest + code);
      }
    }
  }

  /// Returns the bit mask of the filters whose code has a 1 in bit plane p.
  static std::uint32_t plane_bits(int p, const masks& reached) noexcept {
    constexpr auto codes = rising_codes<Encoding, Bits>();
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k <= Count; ++k) {
      if (!detail::input_bit<Encoding, Bits>(p, codes[k])) continue;
      const std::uint32_t at_least = k == 0 ? ~0u : reached[k - 1];
      bits |= k == Count ? at_least : at_least & ~reached[k];
    }
    return bits;
  }
};

}  // namespace minnow::kernels
