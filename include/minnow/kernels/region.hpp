#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/core/shape.hpp>

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

/// A rectangle of output pixels with the same taps, and where those taps stand in inputs and weights.
///
/// For each kernel row the inputs of a window are contiguous, and so are their weights: a window is `rows()` segments
/// of `segment_steps()` steps. What a step is the kernel says: the planes of a word of channels, four bytes, one number.
struct region {
  geometry g;
  run y;
  run x;
  int pixel_steps;  ///< from one pixel to the next

  [[nodiscard]] constexpr int pixels() const noexcept { return y.size() * x.size(); }
  [[nodiscard]] constexpr int rows() const noexcept { return x.taps() > 0 ? y.taps() : 0; }
  [[nodiscard]] constexpr int segment_steps() const noexcept { return x.taps() * pixel_steps; }
  [[nodiscard]] constexpr int valid_inputs() const noexcept { return rows() * x.taps() * g.in.channels; }

  /// Steps from the beginning of the map to the first tap of output pixel (oy, ox).
  [[nodiscard]] constexpr std::ptrdiff_t input_step(int oy, int ox) const noexcept {
    const std::ptrdiff_t iy = static_cast<std::ptrdiff_t>(oy) * g.stride.height - g.padding.height + y.tap_first;
    const std::ptrdiff_t ix = static_cast<std::ptrdiff_t>(ox) * g.stride.width - g.padding.width + x.tap_first;
    return (iy * g.in.width + ix) * pixel_steps;
  }
  [[nodiscard]] constexpr std::ptrdiff_t input_row_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.in.width) * pixel_steps;
  }
  /// From the window of an output pixel to that of the next.
  [[nodiscard]] constexpr std::ptrdiff_t next_pixel_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.stride.width) * pixel_steps;
  }

  /// Steps from the beginning of a block of weights to the first tap.
  [[nodiscard]] constexpr std::ptrdiff_t weight_step() const noexcept {
    return (static_cast<std::ptrdiff_t>(y.tap_first) * g.kernel.width + x.tap_first) * pixel_steps;
  }
  [[nodiscard]] constexpr std::ptrdiff_t weight_row_steps() const noexcept {
    return static_cast<std::ptrdiff_t>(g.kernel.width) * pixel_steps;
  }
};

/// Input rows that the output rows [first_row, last_row) reach, clipped to the image: [first, last).
struct row_range {
  int first;
  int last;
};
[[nodiscard]] constexpr row_range rows_reached(const geometry& g, int first_row, int last_row) noexcept {
  const int first = first_row * g.stride.height - g.padding.height;
  const int last = (last_row - 1) * g.stride.height - g.padding.height + g.kernel.height;
  return {first < 0 ? 0 : first, last > g.in.height ? g.in.height : last};
}

/// Goes through the output pixels of a region row by row, and through the first taps of their windows.
///
/// Those are found one from another, by additions. Multiplied out for a tile at a time, compilers compute them in vector
/// registers, and a tile then begins when the vector units have done with the one before.
struct cursor {
  int y;
  int x;
  std::ptrdiff_t input;  ///< steps from the beginning of the map

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

/// Calls visit(region) for the regions of the output rows [first_row, last_row), from top to bottom and in each run of
/// rows from left to right.
template <class Visit>
constexpr void for_each_region(const geometry& g, int first_row, int last_row, int pixel_steps,
                               Visit&& visit) noexcept {
  for (int oy = first_row; oy < last_row;) {
    const run y = run_from(g.in.height, g.kernel.height, g.stride.height, g.padding.height, oy, last_row);
    for (int ox = 0; ox < g.out.width;) {
      const run x = run_from(g.in.width, g.kernel.width, g.stride.width, g.padding.width, ox, g.out.width);
      visit(region{g, y, x, pixel_steps});
      ox = x.last;
    }
    oy = y.last;
  }
}

/// All pixels of a region in tiles of `Most`, and what is left in tiles of 4, 2 and 1: visit(constant tile size, cursors).
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
        const cursor pixels[uz(Size)] = {next(Pixel)...};
        visit(size, pixels);
      }(std::make_integer_sequence<int, Size>{});
    }
    if constexpr (Size > 1) self(std::integral_constant<int, (Size > 4 ? 4 : Size > 2 ? 2 : 1)>{}, self);
  };
  tiles_of(std::integral_constant<int, Most>{}, tiles_of);
}

/// Sums of a constant of weights over the taps of a region: what does not depend on the inputs of a product.
///
/// table  [taps][stride] numbers, filled once
/// sums   [filters], for `filters` lanes from `channel` on
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
