#pragma once

#include <cstddef>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout.hpp>

/// Output pixels whose windows lose the same taps to the padding.
///
/// A tap outside the image is skipped, so the length of the product depends on where the window stands. But it is the
/// same for all pixels of the rectangle inside, of each edge, of each corner: each such region is a product of one
/// length, its constants are computed once, and a tile of pixels may be taken from anywhere in it, across its rows.
namespace minnow::kernels::detail {

/// Positions [first, last) along one axis, each with the taps [tap_first, tap_last) inside the image.
struct run {
  int first;
  int last;
  int tap_first;
  int tap_last;

  [[nodiscard]] constexpr int size() const noexcept { return last - first; }
  [[nodiscard]] constexpr int taps() const noexcept { return tap_last - tap_first; }
};

/// The longest run from `first` on, up to `last`.
///
/// requires  first < last
[[nodiscard]] constexpr run run_from(int length, int kernel, int stride, int padding, int first, int last) noexcept {
  const auto taps_at = [=](int position) {
    const int origin = position * stride - padding;
    const int tap_first = origin < 0 ? (-origin < kernel ? -origin : kernel) : 0;
    const int past = length - origin;
    const int tap_last = past < kernel ? (past > tap_first ? past : tap_first) : kernel;
    return run{position, position + 1, tap_first, tap_last};
  };
  run result = taps_at(first);
  while (result.last < last) {
    const run next = taps_at(result.last);
    if (next.tap_first != result.tap_first || next.tap_last != result.tap_last) break;
    ++result.last;
  }
  return result;
}

/// A rectangle of output pixels with the same taps, and the words of those taps in inputs and weights.
///
/// For each kernel row the inputs of a window are contiguous, and so are their weights: a window is `rows()` segments
/// of `segment_steps()` steps, a step being the planes of one word of channels.
struct region {
  geometry g;
  run y;
  run x;
  int words;  ///< of one plane of a pixel

  [[nodiscard]] constexpr int pixels() const noexcept { return y.size() * x.size(); }
  [[nodiscard]] constexpr int rows() const noexcept { return x.taps() > 0 ? y.taps() : 0; }
  [[nodiscard]] constexpr int segment_steps() const noexcept { return x.taps() * words; }
  [[nodiscard]] constexpr int valid_inputs() const noexcept { return rows() * x.taps() * g.in.channels; }

  /// Steps from the beginning of the map to the first tap of pixel i, counted row by row through the region.
  [[nodiscard]] constexpr std::ptrdiff_t input_step(int i) const noexcept {
    const int oy = y.first + i / x.size();
    const int ox = x.first + i % x.size();
    const std::ptrdiff_t iy = static_cast<std::ptrdiff_t>(oy) * g.stride.height - g.padding.height + y.tap_first;
    const std::ptrdiff_t ix = static_cast<std::ptrdiff_t>(ox) * g.stride.width - g.padding.width + x.tap_first;
    return (iy * g.in.width + ix) * words;
  }
  [[nodiscard]] constexpr std::ptrdiff_t input_row_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.in.width) * words;
  }

  /// Steps from the beginning of a block of weights to the first tap.
  [[nodiscard]] constexpr std::ptrdiff_t weight_step() const noexcept {
    return (static_cast<std::ptrdiff_t>(y.tap_first) * g.kernel.width + x.tap_first) * words;
  }
  [[nodiscard]] constexpr std::ptrdiff_t weight_row_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.kernel.width) * words;
  }

  /// Index of pixel i in a map of sums that begins with output row `first_row`.
  [[nodiscard]] constexpr std::ptrdiff_t output_pixel(int i, int first_row) const noexcept {
    return static_cast<std::ptrdiff_t>(y.first + i / x.size() - first_row) * g.out.width + x.first + i % x.size();
  }
};

/// Calls visit(region) for the regions of the output rows [first_row, last_row).
template <class Visit>
constexpr void for_each_region(const geometry& g, int first_row, int last_row, Visit&& visit) noexcept {
  for (int oy = first_row; oy < last_row;) {
    const run y = run_from(g.in.height, g.kernel.height, g.stride.height, g.padding.height, oy, last_row);
    for (int ox = 0; ox < g.out.width;) {
      const run x = run_from(g.in.width, g.kernel.width, g.stride.width, g.padding.width, ox, g.out.width);
      visit(region{g, y, x, channel_words(g.in.channels)});
      ox = x.last;
    }
    oy = y.last;
  }
}

}  // namespace minnow::kernels::detail
