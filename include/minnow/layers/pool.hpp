#pragma once

#include <minnow/layers/options.hpp>

namespace minnow {

/// A layer that takes the maximum (`averages` is false) or the mean (`averages` is true) of each channel over windows.
/// Packing can merge such a layer with the product before it, so that the product writes pooled outputs. A layer that
/// computes another function of a window, for example the root of a sum of squares, has no `averages`.
template <class Layer>
concept pool_layer = layer<Layer> && requires(shape in) {
  { Layer::pool_over(in) } -> std::convertible_to<geometry>;
  { Layer::averages } -> std::convertible_to<bool>;
};

namespace detail {

template <bool Averages, int Size, class... Options>
struct pool {
  static_assert(Size > 0, "minnow: a pool's window has at least one element");
  static_assert(Size <= largest_option, "minnow: a pool's window has extents of at most 32767");
  static constexpr bool averages = Averages;
  static constexpr window spec = window_with<Options...>({.kernel = {Size, Size}, .stride = {Size, Size}});
  static_assert(spec.padding.height <= spec.kernel.height / 2 && spec.padding.width <= spec.kernel.width / 2 &&
                    spec.end_padding.height <= spec.kernel.height / 2 &&
                    spec.end_padding.width <= spec.kernel.width / 2,
                "minnow: a pool's padding is at most half its window");
  static_assert(!Averages || !spec.keeps_size,
                "minnow: an average pool counts its padding as zeros, which TensorFlow's same padding does not: give "
                "padding<>");
  static_assert(spec.groups == 1, "minnow: pools have no groups");

  static constexpr geometry pool_over(shape in) { return spec.over(in, in.channels, 1); }
  static constexpr text name() { return text(Averages ? "average_pool<" : "max_pool<") << window_name(spec) << ">"; }
  static constexpr shape output(shape in) { return pool_over(in).out; }
  static constexpr fault check(shape in) { return window_fault(pool_over(in)); }
};

}  // namespace detail

/// Max pooling: the largest number of each window. The gradient goes to the first of equal numbers.
///
/// in (H,W,C) -> out (H',W',C)
/// Size     the window's height and width, and its stride unless another one is given
/// Options  kernel<> for a window that is not square (its stride is still Size), stride<>, padding<0> or `same`. The
///          maximum ignores the padding
template <int Size, class... Options>
struct max_pool : detail::pool<false, Size, Options...> {};

/// Average pooling: the mean of each window.
///
/// in (H,W,C) -> out (H',W',C)
/// Size     the window's height and width, and its stride unless another one is given
/// Options  kernel<> for a window that is not square (its stride is still Size), stride<>, padding<0>. The padding
///          counts as zeros in the mean, which is PyTorch's default
template <int Size, class... Options>
struct average_pool : detail::pool<true, Size, Options...> {};

/// Global average pooling: the mean of each channel.
///
/// in (H,W,C) -> out (1,1,C)
struct global_average_pool {
  static constexpr bool averages = true;
  static constexpr geometry pool_over(shape in) {
    return window_over(in, in.channels, {in.height, in.width}, {1, 1}, {0, 0});
  }
  static constexpr text name() { return "global_average_pool"; }
  static constexpr shape output(shape in) { return {1, 1, in.channels}; }
  static constexpr fault check(shape) { return fault::none; }
};

}  // namespace minnow
