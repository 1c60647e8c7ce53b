#pragma once

#include <minnow/core/shape.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// An input of images with Channels x Height x Width numbers, stored channels last.
template <int Channels, int Height, int Width>
struct image {
  static_assert(Channels > 0 && Height > 0 && Width > 0, "minnow: an image has at least one channel, row and column");
  static constexpr shape dimensions{Height, Width, Channels};
  static_assert(dimensions.is_sound(), "minnow: an image has at most 2^31-1 numbers");
};

/// An input of signals with Channels x Length numbers, stored channels last. A signal is an image of height 1.
template <int Channels, int Length>
struct signal {
  static_assert(Channels > 0 && Length > 0, "minnow: a signal has at least one channel and one sample");
  static constexpr shape dimensions{1, Length, Channels};
  static_assert(dimensions.is_sound(), "minnow: a signal has at most 2^31-1 numbers");
};

/// An input of vectors with Count numbers.
template <int Count>
struct features {
  static_assert(Count > 0, "minnow: there is at least one feature");
  static constexpr shape dimensions{1, 1, Count};
};

}  // namespace minnow
