#pragma once

#include <type_traits>

#include <minnow/layers/layer.hpp>

namespace minnow {

namespace detail {

/// Upper limit of the height and width of a kernel, a stride or a padding.
inline constexpr int largest_option = 32767;

}  // namespace detail

/// The kernel's height and width. The options of convolutions and pools can be in any order: conv<64, minw<1, 1>,
/// kernel<5, 3>, stride<2>>. A single number is used for both height and width.
template <int Height, int Width = Height>
struct kernel {
  static_assert(Height > 0 && Width > 0, "minnow: a kernel has at least one element");
  static_assert(Height <= detail::largest_option && Width <= detail::largest_option,
                "minnow: a kernel's extents are at most 32767");
  static constexpr extent value{Height, Width};
};
/// The step by which a window moves. The default is 1 for convolutions and the window's size for pools.
template <int Height, int Width = Height>
struct stride {
  static_assert(Height > 0 && Width > 0, "minnow: a stride is at least 1");
  static_assert(Height <= detail::largest_option && Width <= detail::largest_option,
                "minnow: a stride is at most 32767");
  static constexpr extent value{Height, Width};
};
/// The number of rows and columns that are added on each side of the image: padding<Height, Width> adds the same number
/// on opposite sides, padding<Top, Left, Bottom, Right> need not. The default is 0 for pools, and half the kernel,
/// rounded down, for convolutions.
template <int Top, int Left = Top, int Bottom = Top, int Right = Left>
struct padding {
  static_assert(Top >= 0 && Left >= 0 && Bottom >= 0 && Right >= 0, "minnow: padding is not negative");
  static_assert(Top <= detail::largest_option && Left <= detail::largest_option && Bottom <= detail::largest_option &&
                    Right <= detail::largest_option,
                "minnow: padding is at most 32767");
  static constexpr extent value{Top, Left};
  static constexpr extent end{Bottom, Right};
};
/// The padding that TensorFlow and Keras call "same". The output has ceil(input / stride) rows and columns. If the sum of
/// the padding on two opposite sides is odd, the bottom or the right gets one row or column more. It differs from the
/// default padding of convolutions if the stride is 2 and the input is even, or if the kernel is even.
struct same {};
/// Divides channels and filters into `Count` groups. Filter f reads only the channels of its group.
template <int Count>
struct groups {
  static_assert(Count > 0, "minnow: a convolution has at least one group");
  static constexpr int value = Count;
};

namespace detail {

struct window {
  extent kernel;
  extent stride;
  extent padding{0, 0};
  extent end_padding{0, 0};
  int groups = 1;
  bool padding_given = false;
  bool keeps_size = false;  ///< the padding is `same`

  /// The geometry over an image, in which `groups_there` replaces `groups`.
  [[nodiscard]] constexpr geometry over(shape in, int channels, int groups_there) const noexcept {
    if (!keeps_size) return window_over(in, channels, kernel, stride, padding, end_padding, groups_there);
    const extent total{same_padding(in.height, kernel.height, stride.height),
                       same_padding(in.width, kernel.width, stride.width)};
    const extent begin{total.height / 2, total.width / 2};
    return window_over(in, channels, kernel, stride, begin, {total.height - begin.height, total.width - begin.width},
                       groups_there);
  }

private:
  /// The padding on both sides together with which a window has ceil(length / stride) positions; 0 if it has more
  /// without padding.
  [[nodiscard]] static constexpr int same_padding(int length, int kernel, int stride) noexcept {
    const int missing = (ceil_div(length, stride) - 1) * stride + kernel - length;
    return missing > 0 ? missing : 0;
  }
};

template <class Option>
struct window_option {
  static_assert(
      !std::is_same_v<Option, Option>,
      "minnow: the options of a window are kernel<>, stride<>, padding<> or same, and a convolution's groups<>");
};
template <int Height, int Width>
struct window_option<minnow::kernel<Height, Width>> {
  static constexpr void set(window& w) { w.kernel = minnow::kernel<Height, Width>::value; }
};
template <int Height, int Width>
struct window_option<minnow::stride<Height, Width>> {
  static constexpr void set(window& w) { w.stride = minnow::stride<Height, Width>::value; }
};
template <int Top, int Left, int Bottom, int Right>
struct window_option<minnow::padding<Top, Left, Bottom, Right>> {
  static constexpr void set(window& w) {
    w.padding = minnow::padding<Top, Left, Bottom, Right>::value;
    w.end_padding = minnow::padding<Top, Left, Bottom, Right>::end;
    w.padding_given = true;
  }
};
template <>
struct window_option<same> {
  static constexpr void set(window& w) { w.padding_given = w.keeps_size = true; }
};

template <int Count>
struct window_option<minnow::groups<Count>> {
  static constexpr void set(window& w) { w.groups = minnow::groups<Count>::value; }
};

/// A default option. A later option of the same kind replaces it.
template <class Option>
struct unless_given;
template <class Option>
struct window_option<unless_given<Option>> : window_option<Option> {};

/// The kind of an option, independent of its numbers; 0 for types that are no option.
template <class Option>
inline constexpr int option_kind = 0;
template <int Height, int Width>
inline constexpr int option_kind<kernel<Height, Width>> = 1;
template <int Height, int Width>
inline constexpr int option_kind<stride<Height, Width>> = 2;
template <int Top, int Left, int Bottom, int Right>
inline constexpr int option_kind<padding<Top, Left, Bottom, Right>> = 3;
template <>
inline constexpr int option_kind<same> = 3;
template <int Count>
inline constexpr int option_kind<groups<Count>> = 4;

/// Returns true if no option is given twice.
template <class... Options>
constexpr bool options_differ() {
  int given[5] = {};
  ((void)++given[option_kind<Options>], ...);
  return given[1] < 2 && given[2] < 2 && given[3] < 2 && given[4] < 2;
}

template <class... Options>
constexpr window window_with(window w) {
  static_assert(options_differ<Options...>(),
                "minnow: each of kernel<>, stride<>, padding<> or same, and groups<> is given at most once");
  (window_option<Options>::set(w), ...);
  return w;
}

constexpr text window_name(const window& w) {
  text name = text("") << w.kernel.height << "x" << w.kernel.width << ",stride " << w.stride.height << "x"
                       << w.stride.width << ",padding ";
  if (w.keeps_size) name << "same";
  else name << w.padding.height << "x" << w.padding.width;
  if (w.end_padding != w.padding) name << " to " << w.end_padding.height << "x" << w.end_padding.width;
  return w.groups == 1 ? name : name << ",groups " << w.groups;
}

constexpr fault window_fault(const geometry& g) {
  if (g.in.channels % g.groups != 0 || g.out.channels % g.groups != 0) return fault::uneven_groups;
  if (g.in.height == 1 && g.in.width > 1 && g.out.height <= 0) return fault::higher_than_signal;
  return g.out.height > 0 && g.out.width > 0 ? fault::none : fault::window_too_large;
}

}  // namespace detail

}  // namespace minnow
