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
  /// Whether each dimension is at least 1 and their product fits in an int.
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

/// How a window of `kernel` elements moves over an image: it starts `padding` elements before the image and moves by
/// `stride`. A dense layer is the convolution whose window is its whole input.
struct geometry {
  shape in;
  shape out;
  extent kernel;
  extent stride;
  extent padding{0, 0};
  int groups = 1;  ///< of a product: channels and filters are divided into this many independent groups

  /// Number of channels and of filters in one group.
  [[nodiscard]] constexpr int group_channels() const noexcept { return in.channels / groups; }
  [[nodiscard]] constexpr int group_filters() const noexcept { return out.channels / groups; }

  /// Number of inputs of one output element: K, the inner length of the product.
  [[nodiscard]] constexpr int inputs() const noexcept { return kernel.height * kernel.width * group_channels(); }

  [[nodiscard]] constexpr int weights() const noexcept { return inputs() * out.channels; }

  /// Multiply-accumulates for one image. Taps in the padding are counted, as in the literature.
  [[nodiscard]] constexpr long long macs() const noexcept {
    return static_cast<long long>(out.pixels()) * inputs() * out.channels;
  }

  /// Whether an int holds the number of weights. Requires channels and filters that are multiples of `groups`.
  [[nodiscard]] constexpr bool has_countable_weights() const noexcept {
    const shape filter{kernel.height, kernel.width, group_channels()};
    return filter.is_sound() && shape{1, filter.size(), out.channels}.is_sound();
  }

  friend constexpr bool operator==(const geometry&, const geometry&) = default;
};

/// Number of positions of a window along one axis; 0 if the window does not fit.
[[nodiscard]] constexpr int window_positions(int length, int kernel, int stride, int padding) noexcept {
  const long long room = static_cast<long long>(length) + 2LL * padding - kernel;
  return room < 0 ? 0 : static_cast<int>(room / stride + 1 < 0x7fffffff ? room / stride + 1 : 0x7fffffff);
}

/// The elements [first, last) of a window that are inside the image, along one axis.
struct tap_range {
  int first;
  int last;
};
/// The elements inside the image of the window at output position `position`.
[[nodiscard]] constexpr tap_range taps_inside(int length, int kernel, int stride, int padding, int position) noexcept {
  const int origin = position * stride - padding;
  const int past = length - origin;
  return {origin < 0 ? -origin : 0, past < kernel ? past : kernel};
}

/// The geometry of a product or a pool over `in` with `channels` output channels.
[[nodiscard]] constexpr geometry window_over(shape in, int channels, extent kernel, extent stride, extent padding,
                                             int groups = 1) noexcept {
  return {in,
          {window_positions(in.height, kernel.height, stride.height, padding.height),
           window_positions(in.width, kernel.width, stride.width, padding.width), channels},
          kernel,
          stride,
          padding,
          groups};
}

/// The geometry of a dense layer: one row of all inputs, flattened in memory order (y, x, c).
[[nodiscard]] constexpr geometry dense_over(shape in, int units) noexcept {
  return {{1, 1, in.size()}, {1, 1, units}, {1, 1}, {1, 1}, {0, 0}};
}

/// a / b, rounded up. a is at least 0 and b is at least 1.
[[nodiscard]] constexpr int ceil_div(int a, int b) noexcept { return a / b + (a % b != 0 ? 1 : 0); }
/// The smallest multiple of `multiple` that is at least n.
[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t multiple) noexcept {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace minnow
