#pragma once

#include <type_traits>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pad_channels.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/zoo/schemes.hpp>

namespace minnow::zoo {

namespace detail {

/// Residual block: adds the shortcut to the result of two 3x3 convolutions. If the block has stride 2 and more filters
/// than input channels, the shortcut takes every other pixel and appends channels of zeros, so that it has no weights.
template <class Schemes, int Filters, int Stride>
using small_block = chain<
    residual<chain<conv<Filters, typename after_carrier<Schemes>::type, stride<Stride>>, typename Schemes::norm,
                   typename Schemes::activation, conv<Filters, typename Schemes::inner>, typename Schemes::norm>,
             std::conditional_t<Stride == 1, chain<>, chain<average_pool<1, stride<Stride>>, pad_channels<Filters>>>,
             typename Schemes::carrier>,
    typename Schemes::activation>;

}  // namespace detail

/// ResNet-20, 32, 44, 56 and 110 for 32x32 images: three stages of 16, 32 and 64 filters.
///
/// source  He et al. 2016, 4.2, shortcuts of option A
template <int Depth, class Schemes, int Classes = 10>
struct resnet_cifar
    : model<image<3, 32, 32>, conv<16, typename Schemes::first>, typename Schemes::norm, typename Schemes::activation,
            repeat<(Depth - 2) / 6, detail::small_block<Schemes, 16, 1>>, detail::small_block<Schemes, 32, 2>,
            repeat<(Depth - 2) / 6 - 1, detail::small_block<Schemes, 32, 1>>, detail::small_block<Schemes, 64, 2>,
            repeat<(Depth - 2) / 6 - 1, detail::small_block<Schemes, 64, 1>>, global_average_pool,
            dense<Classes, typename Schemes::last>, bias> {
  static_assert(Depth >= 8 && (Depth - 2) % 6 == 0, "minnow: the depth of these ResNets is 6 n + 2");
};

}  // namespace minnow::zoo
