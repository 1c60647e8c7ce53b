#pragma once

#include <minnow/layers/bias.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/zoo/resnet.hpp>

namespace minnow::zoo {

/// A convolution with batch norm, and a shortcut around both.
///
/// in (H,W,Filters) -> out (H,W,Filters)
/// source  Liu et al. 2018 (Bi-Real Net), 3.1
template <int Filters, class Scheme>
using bi_real_unit = residual<chain<conv<Filters, Scheme>, batch_norm>>;

/// Like `bi_real_unit`, but changes the number of channels: the shortcut is a 1x1 convolution of floats with batch
/// norm.
///
/// in (H,W,C) -> out (H,W,Filters)
template <int Filters, class Scheme>
using bi_real_widening =
    residual<chain<conv<Filters, Scheme>, batch_norm>, chain<detail::pointwise<real, Filters>, batch_norm>>;

/// Like `bi_real_widening`, but with stride 2: the shortcut starts with an average pool over 2x2 windows.
///
/// in (H,W,C) -> out (H/2,W/2,Filters)
template <int Filters, class Scheme>
using bi_real_halving = residual<chain<conv<Filters, Scheme, stride<2>>, batch_norm>,
                                 chain<average_pool<2>, detail::pointwise<real, Filters>, batch_norm>>;

/// ResNet-18 for 224x224 images with a shortcut around every convolution, for 1-bit schemes and the estimator
/// `bi_real`. In the paper, the first and the last layer use floats.
///
/// source  Liu et al. 2018, 3.1
template <class Schemes, int Classes = 1000>
struct bi_real_18
    : model<image<3, 224, 224>, detail::resnet_stem<typename Schemes::first>, batch_norm, detail::resnet_pool,
            repeat<4, bi_real_unit<64, typename Schemes::inner>>,  //
            bi_real_halving<128, typename Schemes::inner>, repeat<3, bi_real_unit<128, typename Schemes::inner>>,
            bi_real_halving<256, typename Schemes::inner>, repeat<3, bi_real_unit<256, typename Schemes::inner>>,
            bi_real_halving<512, typename Schemes::inner>, repeat<3, bi_real_unit<512, typename Schemes::inner>>,  //
            global_average_pool, dense<Classes, typename Schemes::last>, bias> {};

}  // namespace minnow::zoo
