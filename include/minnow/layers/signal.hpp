#pragma once

#include <minnow/layers/conv.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/layers/graph/lowering.hpp>
#include <minnow/layers/pool.hpp>

namespace minnow {

namespace detail {

/// Converts an option of a signal's layer (one number along the length) to the pair of numbers (height, width) for
/// images of height 1.
template <class Option>
struct along_length {
  static_assert(!std::is_same_v<Option, Option>,
                "minnow: the options of a signal's layer are kernel<>, stride<>, padding<> or same, and groups<>");
};
template <int Height, int Width>
struct along_length<kernel<Height, Width>> {
  static_assert(Height == Width,
                "minnow: an option of a signal's layer is one number along the length: kernel<5>, not kernel<1, 5>");
  using type = kernel<1, Width>;
};
template <int Height, int Width>
struct along_length<stride<Height, Width>> {
  static_assert(Height == Width,
                "minnow: an option of a signal's layer is one number along the length: stride<2>, not stride<1, 2>");
  using type = stride<1, Width>;
};
template <int Top, int Left, int Bottom, int Right>
struct along_length<padding<Top, Left, Bottom, Right>> {
  static_assert(Top == Left && Bottom == Top && Right == Top,
                "minnow: an option of a signal's layer is one number along the length: padding<2>, not padding<0, 2>");
  using type = padding<0, Left>;
};
template <>
struct along_length<same> {
  using type = same;
};
template <int Count>
struct along_length<groups<Count>> {
  using type = groups<Count>;
};
template <class Option>
using along = typename along_length<Option>::type;

template <class Option>
inline constexpr bool is_kernel = false;
template <int Height, int Width>
inline constexpr bool is_kernel<kernel<Height, Width>> = true;

/// A layer of images that takes only images of height 1. It has the same name as the image layer, so it is stored,
/// trained and computed in the same way.
template <class Layer>
struct of_signals : Layer {
  static constexpr fault check(shape in) {
    if (in.height != 1) return fault::not_a_signal;
    const fault why = Layer::check(in);
    return why == fault::window_too_large ? fault::longer_than_signal : why;
  }
};

template <class Layer>
struct convolution_of_signals : of_signals<Layer> {
  static_assert(
      Layer::window.kernel.width % 2 == 1 || Layer::window.padding_given,
      "minnow: no padding keeps a signal's length under an even kernel: give padding<> or same, or an odd kernel");
};

}  // namespace detail

/// Convolution along a signal, without a bias, like Keras's Conv1D and PyTorch's Conv1d.
///
/// in (1,L,C) -> out (1,L',Filters), L' = floor((L + 2 padding - kernel) / stride) + 1
/// Scheme   as for `conv`
/// Options  kernel<3>, stride<1>, padding<kernel/2>, groups<1> unless given, each one number along the length. With an
///          odd kernel and stride 1 the default padding keeps the length; with an even kernel the padding must be given
/// weights  (Filters, 1, kernel, C / groups)
template <int Filters, class Scheme = real, class... Options>
struct conv_1d : detail::convolution_of_signals<
                     conv<Filters, Scheme, detail::unless_given<kernel<1, 3>>, detail::along<Options>...>> {};

/// Depthwise convolution along a signal: each channel has one filter; there are as many groups as channels.
///
/// in (1,L,C) -> out (1,L',C)
/// Scheme   as for `depthwise_conv`
/// Options  kernel<3>, stride<1>, padding<kernel/2> unless given, as for `conv_1d`
/// weights  (C, 1, kernel, 1)
template <class Scheme = real, class... Options>
struct depthwise_conv_1d : detail::convolution_of_signals<
                               depthwise_conv<Scheme, detail::unless_given<kernel<1, 3>>, detail::along<Options>...>> {
};

/// Max pooling along a signal, like Keras's MaxPooling1D and PyTorch's MaxPool1d: the largest number of each window.
/// The gradient goes to the first of equal numbers.
///
/// in (1,L,C) -> out (1,L',C)
/// Size     the window's length, and its stride unless another one is given
/// Options  stride<>, padding<0>, each one number. The maximum ignores the padding
template <int Size, class... Options>
struct max_pool_1d
    : detail::of_signals<
          max_pool<Size, kernel<1, Size>, detail::unless_given<stride<1, Size>>, detail::along<Options>...>> {
  static_assert(!(detail::is_kernel<Options> || ...),
                "minnow: the window of a signal's pool is its first number: max_pool_1d<3>, not kernel<3>");
};

/// Average pooling along a signal: the mean of each window. `global_average_pool` takes the mean of the whole signal.
///
/// in (1,L,C) -> out (1,L',C)
/// Size     the window's length, and its stride unless another one is given
/// Options  stride<>, padding<0>, each one number. The padding counts as zeros in the mean, as for `average_pool`
template <int Size, class... Options>
struct average_pool_1d
    : detail::of_signals<
          average_pool<Size, kernel<1, Size>, detail::unless_given<stride<1, Size>>, detail::along<Options>...>> {
  static_assert(!(detail::is_kernel<Options> || ...),
                "minnow: the window of a signal's pool is its first number: average_pool_1d<3>, not kernel<3>");
};

namespace detail {

template <int Filters, class Inputs, class Weights, class... Options>
struct expansion<conv_1d<Filters, scheme<Inputs, Weights>, Options...>>
    : product_expansion<typename scheme<Inputs, Weights>::inputs, conv_1d<Filters, Weights, Options...>> {};
template <class Inputs, class Weights, class... Options>
struct expansion<depthwise_conv_1d<scheme<Inputs, Weights>, Options...>>
    : product_expansion<typename scheme<Inputs, Weights>::inputs, depthwise_conv_1d<Weights, Options...>> {};

}  // namespace detail

}  // namespace minnow
