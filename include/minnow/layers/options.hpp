#pragma once

#include <type_traits>

#include <minnow/layers/layer.hpp>

namespace minnow {

/// Options of convolutions and pools, in any order: conv<64, minw<1, 1>, kernel<5, 3>, stride<2>>.
/// One number counts for height and width.
template <int Height, int Width = Height>
struct kernel {
  static_assert(Height > 0 && Width > 0, "minnow: a kernel has at least one element");
  static constexpr extent value{Height, Width};
};
/// How far a window moves; 1 for convolutions and a pool's Size for pools unless given.
template <int Height, int Width = Height>
struct stride {
  static_assert(Height > 0 && Width > 0, "minnow: a stride is at least 1");
  static constexpr extent value{Height, Width};
};
/// Elements around the image; half the kernel, rounded down, for convolutions and none for pools unless given.
template <int Height, int Width = Height>
struct padding {
  static_assert(Height >= 0 && Width >= 0, "minnow: padding is not negative");
  static constexpr extent value{Height, Width};
};
/// Channels and filters in `Count` groups; filter f sees the channels of its own group alone.
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
  int groups = 1;
  bool padding_given = false;
};

template <class Option>
struct window_option {
  static_assert(!std::is_same_v<Option, Option>, "minnow: the options of a window are kernel<>, stride<>, padding<> and a convolution's groups<>");
};
template <int Height, int Width>
struct window_option<minnow::kernel<Height, Width>> {
  static constexpr void set(window& w) { w.kernel = minnow::kernel<Height, Width>::value; }
};
template <int Height, int Width>
struct window_option<minnow::stride<Height, Width>> {
  static constexpr void set(window& w) { w.stride = minnow::stride<Height, Width>::value; }
};
template <int Height, int Width>
struct window_option<minnow::padding<Height, Width>> {
  static constexpr void set(window& w) {
    w.padding = minnow::padding<Height, Width>::value;
    w.padding_given = true;
  }
};

template <int Count>
struct window_option<minnow::groups<Count>> {
  static constexpr void set(window& w) { w.groups = Count; }
};

template <class... Options>
constexpr window window_with(window w) {
  (window_option<Options>::set(w), ...);
  return w;
}

constexpr text window_name(const window& w) {
  text name = text("") << w.kernel.height << "x" << w.kernel.width << ",stride " << w.stride.height << "x" << w.stride.width << ",padding "
                       << w.padding.height << "x" << w.padding.width;
  return w.groups == 1 ? name : name << ",groups " << w.groups;
}

constexpr fault window_fault(const geometry& g) {
  if (g.in.channels % g.groups != 0 || g.out.channels % g.groups != 0) return fault::uneven_groups;
  if (g.in.height == 1 && g.in.width > 1 && g.out.height <= 0) return fault::higher_than_signal;
  return g.out.height > 0 && g.out.width > 0 ? fault::none : fault::window_too_large;
}

}  // namespace detail

}  // namespace minnow
