#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/block_panel.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow::kernels {

/// Constants of an average pool in integers, one number for each channel. With the terms
///
///   term = clamp(multiplier * sum + other_multiplier * other + offset, least, most)
///
/// of a window, a code is clamp((sum of the terms + after) >> shift, low, high), where `other` is a code that an `add`
/// layer adds.
struct average_constants {
  const std::int32_t* multiplier;
  const std::int32_t* shift;
  const std::int32_t* low;
  const std::int32_t* high;
  const std::int64_t* offset;
  const std::int64_t* least;
  const std::int64_t* most;
  const std::int64_t* after;
  const std::int64_t* other_multiplier;  ///< null without an `add` layer
};

/// Sink that averages windows of sums in integers, and writes one-byte codes. It has the interface described in
/// sink/sink.hpp.
struct average_sink {
  average_constants constants;
  geometry pool;  ///< pooling windows over the map of sums
  std::byte* map;
  std::int64_t* totals;    ///< [pooled pixels][channels]
  const std::byte* other;  ///< packed map of the codes that are added; null without an `add` layer
  bool other_is_unsigned;
  int other_zero;            ///< zero point of these codes
  int first_window_row = 0;  ///< only the window rows [first, last) are written
  int last_window_row = pool.out.height;

  /// Number of bytes that `totals` must hold.
  [[nodiscard]] static constexpr std::size_t total_bytes(const geometry& pool) noexcept {
    return index(pool.out.size()) * sizeof(std::int64_t);
  }

  template <int Factor, class Batch, std::size_t Vectors>
  using panel_of = block_panel<average_sink, Factor, Batch, Vectors>;

  template <int Factor, class Batch, std::size_t Vectors>
  [[nodiscard]] panel_of<Factor, Batch, Vectors> panel(const Batch (&base)[Vectors], int channel,
                                                       int filters) const noexcept {
    return block_panel_of<Factor>(*this, base, channel, filters);
  }

  /// Not inlined, so that all kernels share one copy.
  [[gnu::noinline]] void put(int y, int x, int channel, int filters, const std::int32_t* block) const noexcept {
    std::int64_t terms[block_filters];
    const std::ptrdiff_t at = (static_cast<std::ptrdiff_t>(y) * pool.in.width + x) * pool.in.channels + channel;
    for (int f = 0; f < filters; ++f) {
      const int c = channel + f;
      std::int64_t term = std::int64_t{constants.multiplier[c]} * block[f] + constants.offset[c];
      if (other != nullptr) term += constants.other_multiplier[c] * other_code(at + f);
      terms[f] = term < constants.least[c] ? constants.least[c] : term > constants.most[c] ? constants.most[c] : term;
    }
    for_each_window(pool, y, x, first_window_row, last_window_row,
                    [&](std::ptrdiff_t window, bool is_first, bool is_last) {
                      std::int64_t* total = totals + window * pool.in.channels + channel;
                      for (int f = 0; f < filters; ++f) total[f] = is_first ? terms[f] : total[f] + terms[f];
                      if (is_last) finish(window, channel, filters, total);
                    });
  }

private:
  [[nodiscard]] int other_code(std::ptrdiff_t at) const noexcept {
    const int byte = other_is_unsigned ? static_cast<int>(static_cast<std::uint8_t>(other[at]))
                                       : static_cast<int>(static_cast<std::int8_t>(other[at]));
    return byte - other_zero;
  }

  void finish(std::ptrdiff_t window, int channel, int filters, const std::int64_t* total) const noexcept {
    std::byte* to = map + window * pool.in.channels + channel;
    for (int f = 0; f < filters; ++f) {
      const int c = channel + f;
      const std::int64_t code = (total[f] + constants.after[c]) >> constants.shift[c];
      const std::int64_t least = constants.low[c], most = constants.high[c];
      to[f] = static_cast<std::byte>(code < least ? least : code > most ? most : code);
    }
  }
};

}  // namespace minnow::kernels
