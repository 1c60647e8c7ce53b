#pragma once

#include <cstddef>

#include <minnow/core/ieee_arithmetic.hpp>
#include <minnow/core/index.hpp>

namespace minnow {

/// The dimensions of one image, signal or feature vector. Channels are stored last: an element has the index
/// (y * width + x) * channels + c. A signal has height 1; features have height and width 1.
struct shape {
  int height = 1;
  int width = 1;
  int channels = 1;

  [[nodiscard]] constexpr int pixels() const noexcept { return height * width; }
  [[nodiscard]] constexpr int size() const noexcept { return height * width * channels; }
  /// Returns true if each dimension is at least 1 and their product fits in an int.
  [[nodiscard]] constexpr bool is_sound() const noexcept {
    constexpr long long most = 0x7fffffff;
    return height > 0 && width > 0 && channels > 0 && static_cast<long long>(height) * width <= most / channels;
  }

  friend constexpr bool operator==(const shape&, const shape&) = default;
};

/// A pair of numbers along the height and the width: a kernel size, a stride or a padding.
struct extent {
  int height = 1;
  int width = 1;

  friend constexpr bool operator==(const extent&, const extent&) = default;
};

/// The integers first … last - 1.
struct int_range {
  int first;
  int last;

  [[nodiscard]] constexpr int size() const noexcept { return last - first; }
  friend constexpr bool operator==(const int_range&, const int_range&) = default;
};

/// One axis of an image and of the window that moves over it. Position p of the window covers the elements
/// p * stride - padding … p * stride - padding + kernel - 1. The elements of the image are 0 … length - 1. A tap is an
/// element of the window, counted from its start.
///
/// requires  length, kernel and stride at least 1
struct axis {
  int length;
  int kernel;
  int stride;
  int padding;  ///< number of elements before the image; negative if the windows skip elements at the edges
  int end_padding = padding;  ///< number of elements after the image

  /// Number of positions, at most the largest int; 0 if the window does not fit.
  [[nodiscard]] constexpr int positions() const noexcept {
    const long long room = static_cast<long long>(length) + padding + end_padding - kernel;
    return room < 0 ? 0 : static_cast<int>(room / stride + 1 < 0x7fffffff ? room / stride + 1 : 0x7fffffff);
  }

  /// First element of the window, which may be outside the image.
  [[nodiscard]] constexpr int origin(int position) const noexcept { return position * stride - padding; }

  /// Number of elements that `count` successive windows cover, from the start of the first to the end of the last.
  [[nodiscard]] constexpr int covered(int count) const noexcept { return (count - 1) * stride + kernel; }

  /// Taps inside the image: a range within 0 … kernel, empty if there is none.
  [[nodiscard]] constexpr int_range taps(int position) const noexcept {
    const int start = origin(position);
    const int first = start < 0 ? (-start < kernel ? -start : kernel) : 0;
    const int past = length - start;
    return {first, past < kernel ? (past > first ? past : first) : kernel};
  }

  /// Elements of the image from the start of the first window to the end of the last: a range within 0 … length.
  ///
  /// requires  at least one position
  [[nodiscard]] constexpr int_range reached(int_range at) const noexcept {
    const int start = origin(at.first), end = origin(at.last - 1) + kernel;
    const int first = start < 0 ? 0 : start < length ? start : length;
    return {first, end < length ? (end > first ? end : first) : length};
  }

  /// First non-negative position whose window ends after the element.
  [[nodiscard]] constexpr int first_position_over(int element) const noexcept {
    const int shifted = element + padding;
    return shifted < kernel ? 0 : (shifted - kernel) / stride + 1;
  }

  /// Positions in the range `at` whose tap `tap` is inside the image.
  [[nodiscard]] constexpr int_range positions_inside(int tap, int_range at) const noexcept {
    while (at.first < at.last && origin(at.first) + tap < 0) ++at.first;
    while (at.last > at.first && origin(at.last - 1) + tap >= length) --at.last;
    return at;
  }

  friend constexpr bool operator==(const axis&, const axis&) = default;
};

/// How a window of `kernel` elements moves over an image: it starts `padding` elements before the image, moves by
/// `stride`, and ends at most `end_padding` elements after the image. A dense layer is the convolution whose window is
/// its whole input.
struct geometry {
  shape in;
  shape out;
  extent kernel;
  extent stride;
  extent padding{0, 0};          ///< rows above the image and columns to its left
  int groups = 1;                ///< number of independent groups of a convolution's channels and filters
  extent end_padding = padding;  ///< rows below the image and columns to its right

  [[nodiscard]] constexpr axis y_axis() const noexcept {
    return {in.height, kernel.height, stride.height, padding.height, end_padding.height};
  }
  [[nodiscard]] constexpr axis x_axis() const noexcept {
    return {in.width, kernel.width, stride.width, padding.width, end_padding.width};
  }

  /// True for a window of one element that visits every element of the image once: the product over such windows is a
  /// matrix product of all pixels.
  [[nodiscard]] constexpr bool is_pointwise() const noexcept {
    return kernel == extent{1, 1} && stride == extent{1, 1} && out.height == in.height && out.width == in.width &&
           padding == extent{0, 0};
  }

  /// Number of channels and of filters in one group.
  [[nodiscard]] constexpr int group_channels() const noexcept { return in.channels / groups; }
  [[nodiscard]] constexpr int group_filters() const noexcept { return out.channels / groups; }

  /// Number of inputs that one output element sums over: K, the inner dimension of the matrix product.
  [[nodiscard]] constexpr int inputs() const noexcept { return kernel.height * kernel.width * group_channels(); }

  [[nodiscard]] constexpr int weights() const noexcept { return inputs() * out.channels; }

  /// Multiply-accumulates for one image. Taps in the padding are counted, as in the literature.
  [[nodiscard]] constexpr long long macs() const noexcept {
    return static_cast<long long>(out.pixels()) * inputs() * out.channels;
  }

  /// Returns true if the number of weights fits in an int. Requires channels and filters that are multiples of
  /// `groups`.
  [[nodiscard]] constexpr bool has_countable_weights() const noexcept {
    const shape filter{kernel.height, kernel.width, group_channels()};
    return filter.is_sound() && shape{1, filter.size(), out.channels}.is_sound();
  }

  friend constexpr bool operator==(const geometry&, const geometry&) = default;
};

/// The geometry of a convolution or a pool over `in` with `channels` output channels.
[[nodiscard]] constexpr geometry window_over(shape in, int channels, extent kernel, extent stride, extent padding,
                                             extent end_padding, int groups = 1) noexcept {
  geometry g{in, {}, kernel, stride, padding, groups, end_padding};
  g.out = {g.y_axis().positions(), g.x_axis().positions(), channels};
  return g;
}
/// Overload for the same padding on opposite sides.
[[nodiscard]] constexpr geometry window_over(shape in, int channels, extent kernel, extent stride, extent padding,
                                             int groups = 1) noexcept {
  return window_over(in, channels, kernel, stride, padding, padding, groups);
}

/// The geometry of a dense layer: one row of all inputs, flattened in memory order (y, x, c).
[[nodiscard]] constexpr geometry dense_over(shape in, int units) noexcept {
  return {{1, 1, in.size()}, {1, 1, units}, {1, 1}, {1, 1}, {0, 0}};
}

/// Old name of `int_range`.
using tap_range [[deprecated("minnow: renamed to int_range")]] = int_range;
/// Old name of `axis::positions`.
[[deprecated("minnow: use axis::positions()")]] [[nodiscard]] constexpr int window_positions(int length, int kernel,
                                                                                             int stride,
                                                                                             int padding) noexcept {
  return axis{length, kernel, stride, padding}.positions();
}
/// Old name of `axis::taps`.
[[deprecated("minnow: use axis::taps()")]] [[nodiscard]] constexpr int_range taps_inside(int length, int kernel,
                                                                                         int stride, int padding,
                                                                                         int position) noexcept {
  return axis{length, kernel, stride, padding}.taps(position);
}

/// a / b, rounded up. a is at least 0 and b is at least 1.
[[nodiscard]] constexpr int ceil_div(int a, int b) noexcept { return a / b + (a % b != 0 ? 1 : 0); }
/// The smallest multiple of `multiple` that is at least n.
[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t multiple) noexcept {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace minnow
