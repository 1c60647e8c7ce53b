#pragma once

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/zoo/schemes.hpp>

namespace minnow::zoo {

namespace detail {

/// A depthwise convolution and the 1x1 convolution that mixes its channels.
template <class Schemes, int Filters, int Stride = 1, class Padding = padding<1>>
using separable = chain<depthwise_conv<typename Schemes::depthwise, stride<Stride>, Padding>, typename Schemes::norm,
                        typename Schemes::activation, conv<Filters, typename Schemes::inner, kernel<1>, padding<0>>,
                        typename Schemes::norm, typename Schemes::activation>;

}  // namespace detail

/// MobileNet v1.
///
/// Percent     width in percent of the paper's channels: 100, 75, 50 or 25
/// Resolution  height and width of the images: 224 to 128 in the paper; 32 for small images. The first convolution has
///             stride 2 for resolutions above 64, else stride 1
/// Padding     padding of the 3x3 windows: padding<1> as in PyTorch, or `same` as in Keras
/// source      Howard et al. 2017, Table 1
template <class Schemes, int Percent = 100, int Resolution = 224, int Classes = 1000, class Padding = padding<1>>
struct mobilenet_v1
    : model<image<3, Resolution, Resolution>,
            conv<32 * Percent / 100, typename Schemes::first, stride<(Resolution > 64 ? 2 : 1)>, Padding>,
            typename Schemes::norm, typename Schemes::activation,
            detail::separable<Schemes, 64 * Percent / 100, 1, Padding>,  //
            detail::separable<Schemes, 128 * Percent / 100, 2, Padding>,
            detail::separable<Schemes, 128 * Percent / 100, 1, Padding>,
            detail::separable<Schemes, 256 * Percent / 100, 2, Padding>,
            detail::separable<Schemes, 256 * Percent / 100, 1, Padding>,
            detail::separable<Schemes, 512 * Percent / 100, 2, Padding>,
            repeat<5, detail::separable<Schemes, 512 * Percent / 100, 1, Padding>>,
            detail::separable<Schemes, 1024 * Percent / 100, 2, Padding>,
            detail::separable<Schemes, 1024 * Percent / 100, 1, Padding>,  //
            global_average_pool, dense<Classes, typename Schemes::last>, bias> {};

}  // namespace minnow::zoo
