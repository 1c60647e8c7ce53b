#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>

/// Regions: rectangles of output pixels whose windows have the same taps (positions of the convolution kernel) inside
/// the image.
///
/// A tap outside the image is skipped, so the length of the product depends on the position of the window. The length
/// is the same for all pixels of the interior, of each edge and of each corner. Each of these parts is one region. All
/// products of a region have the same length, so its constants are computed once, and a tile may consist of any of its
/// pixels, even from different rows.
namespace minnow::kernels::detail {

/// Output positions [first, last) along one axis. For each of them the taps [tap_first, tap_last) are inside the image.
struct run {
  int first;
  int last;
  int tap_first;
  int tap_last;

  [[nodiscard]] constexpr int size() const noexcept { return last - first; }
  [[nodiscard]] constexpr int taps() const noexcept { return tap_last - tap_first; }
};

/// Returns the longest run that starts at `first` and ends at or before `last`.
///
/// requires  first < last
[[nodiscard]] constexpr run run_from(const axis& along, int first, int last) noexcept {
  const int_range taps = along.taps(first);
  int past = first + 1;
  while (past < last && along.taps(past) == taps) ++past;
  return {first, past, taps.first, taps.last};
}

/// A rectangle of output pixels with the same taps, and the positions of those taps in inputs and weights.
///
/// The inputs of a window are contiguous within a kernel row, and so are the weights: a window has `rows()` segments of
/// `segment_steps()` steps. Each compute kernel defines its own step: the bit planes of one word of 32 channels, four
/// bytes, or one number.
struct region {
  geometry g;
  run y;
  run x;
  int pixel_steps;  ///< number of steps from one pixel to the next

  [[nodiscard]] constexpr int pixels() const noexcept { return y.size() * x.size(); }
  [[nodiscard]] constexpr int rows() const noexcept { return x.taps() > 0 ? y.taps() : 0; }
  [[nodiscard]] constexpr int segment_steps() const noexcept { return x.taps() * pixel_steps; }
  [[nodiscard]] constexpr int valid_inputs() const noexcept { return rows() * x.taps() * g.in.channels; }

  /// Number of steps from the start of the map to the first tap of output pixel (oy, ox).
  [[nodiscard]] constexpr std::ptrdiff_t input_step(int oy, int ox) const noexcept {
    const std::ptrdiff_t iy = g.y_axis().origin(oy) + y.tap_first;
    const std::ptrdiff_t ix = g.x_axis().origin(ox) + x.tap_first;
    return (iy * g.in.width + ix) * pixel_steps;
  }
  [[nodiscard]] constexpr std::ptrdiff_t input_row_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.in.width) * pixel_steps;
  }
  /// Number of steps from the window of an output pixel to the window of the next pixel in its row.
  [[nodiscard]] constexpr std::ptrdiff_t next_pixel_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.stride.width) * pixel_steps;
  }

  /// Number of steps from the start of a block of weights to the first tap.
  [[nodiscard]] constexpr std::ptrdiff_t weight_step() const noexcept {
    return (static_cast<std::ptrdiff_t>(y.tap_first) * g.kernel.width + x.tap_first) * pixel_steps;
  }
  [[nodiscard]] constexpr std::ptrdiff_t weight_row_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.kernel.width) * pixel_steps;
  }
};

/// Visits the output pixels of a region row by row, and tracks the first tap of each window.
///
/// Each position is computed from the previous one by additions. If the positions of a tile are computed by
/// multiplications, compilers do that in vector registers, and a tile cannot begin before the vector ports have
/// finished the previous tile.
struct cursor {
  int y;
  int x;
  std::ptrdiff_t input;  ///< position, in steps from the start of the map

  cursor() = default;
  /// Makes a position for a sink, which does not use `input`.
  constexpr cursor(int y_at, int x_at) noexcept : y(y_at), x(x_at), input(0) {}
  explicit constexpr cursor(const region& r) noexcept
      : y(r.y.first), x(r.x.first), input(r.input_step(r.y.first, r.x.first)) {}

  constexpr void advance(const region& r) noexcept {
    input += r.next_pixel_steps();
    if (++x == r.x.last) {
      x = r.x.first;
      ++y;
      input += r.g.stride.height * r.input_row_steps() - r.x.size() * r.next_pixel_steps();
    }
  }
};

/// Calls visit(region) for the regions of the output rows [first_row, last_row). The regions are visited from top to
/// bottom, and within the same rows from left to right.
template <class Visit>
constexpr void for_each_region(const geometry& g, int first_row, int last_row, int pixel_steps,
                               Visit&& visit) noexcept {
  for (int oy = first_row; oy < last_row;) {
    const run y = run_from(g.y_axis(), oy, last_row);
    for (int ox = 0; ox < g.out.width;) {
      const run x = run_from(g.x_axis(), ox, g.out.width);
      visit(region{g, y, x, pixel_steps});
      ox = x.last;
    }
    oy = y.last;
  }
}

/// Calls visit(size, cursors) for all pixels of a region: in tiles of `Most` pixels, and the remaining pixels in tiles
/// of 4, 2 and 1. `size` is a std::integral_constant.
template <int Most, class Visit>
constexpr void for_each_tile(const region& r, Visit&& visit) noexcept {
  cursor at(r);
  int left = r.pixels();
  const auto tiles_of = [&]<int Size>(std::integral_constant<int, Size> size, const auto& self) {
    for (; left >= Size; left -= Size) {
      const auto next = [&](auto) {
        const cursor pixel = at;
        at.advance(r);
        return pixel;
      };
      [&]<int... Pixel>(std::integer_sequence<int, Pixel...>) {
        const cursor pixels[index(Size)] = {next(Pixel)...};
        visit(size, pixels);
      }(std::make_integer_sequence<int, Size>{});
    }
    if constexpr (Size > 1) self(std::integral_constant<int, (Size > 4 ? 4 : Size > 2 ? 2 : 1)>{}, self);
  };
  tiles_of(std::integral_constant<int, Most>{}, tiles_of);
}

/// Adds up the entries of a table for the taps of a region. The table has one constant for each tap and filter. The
/// result is the part of a sum that does not depend on the inputs.
///
/// table  [taps][stride] numbers, filled once
/// sums   [lanes], for the filters from `channel` on
inline void add_taps(const region& r, const std::int32_t* table, int stride, int channel, int lanes,
                     std::int32_t* sums) noexcept {
  for (int i = 0; i < lanes; ++i) sums[i] = 0;
  for (int ky = r.y.tap_first; ky < r.y.tap_last; ++ky)
    for (int kx = r.x.tap_first; kx < r.x.tap_last; ++kx) {
      const std::int32_t* tap = table + static_cast<std::ptrdiff_t>(ky * r.g.kernel.width + kx) * stride + channel;
      for (int i = 0; i < lanes; ++i) sums[i] += tap[i];
    }
}

}  // namespace minnow::kernels::detail
