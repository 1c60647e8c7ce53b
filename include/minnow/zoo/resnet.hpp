#pragma once

#include <type_traits>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/zoo/schemes.hpp>

namespace minnow::zoo {

namespace detail {

template <class Scheme, int Filters, int Stride = 1>
using pointwise = conv<Filters, Scheme, kernel<1>, padding<0>, stride<Stride>>;

/// A 7x7 convolution and a max pool, each with stride 2: from 224x224 to 56x56.
template <class Scheme>
using resnet_stem = conv<64, Scheme, kernel<7>, stride<2>>;
using resnet_pool = max_pool<3, stride<2>, padding<1>>;

/// The basic block: two 3x3 convolutions.
template <class Schemes, int Filters, int Stride, bool Projects>
using basic_block =
    chain<residual<chain<conv<Filters, typename after_carrier<Schemes>::type, stride<Stride>>, typename Schemes::norm,
                         typename Schemes::activation, conv<Filters, typename Schemes::inner>, typename Schemes::norm>,
                   std::conditional_t<
                       Projects,
                       chain<pointwise<typename after_carrier<Schemes>::type, Filters, Stride>, typename Schemes::norm>,
                       chain<>>,
                   typename Schemes::carrier>,
          typename Schemes::activation>;

/// The bottleneck block: 1x1, 3x3 and 1x1 convolutions. The first two have a quarter of the block's filters.
template <class Schemes, int Inner, int Stride, bool Projects>
using bottleneck = chain<
    residual<chain<pointwise<typename after_carrier<Schemes>::type, Inner, Stride>, typename Schemes::norm,
                   typename Schemes::activation, conv<Inner, typename Schemes::inner>, typename Schemes::norm,
                   typename Schemes::activation, pointwise<typename Schemes::inner, 4 * Inner>, typename Schemes::norm>,
             std::conditional_t<
                 Projects,
                 chain<pointwise<typename after_carrier<Schemes>::type, 4 * Inner, Stride>, typename Schemes::norm>,
                 chain<>>,
             typename Schemes::carrier>,
    typename Schemes::activation>;

/// The bottleneck block of ResNet v2, with batch norm and relu before each convolution. A projection shortcut reads the
/// input after the first batch norm and relu.
template <class Schemes, int Inner, int Stride>
using branch_v2 =
    chain<pointwise<typename after_carrier<Schemes>::type, Inner>, typename Schemes::norm, typename Schemes::activation,
          conv<Inner, typename Schemes::inner, stride<Stride>>, typename Schemes::norm, typename Schemes::activation,
          pointwise<typename Schemes::inner, 4 * Inner>>;
template <class Schemes, int Inner, int Stride>
using projecting_v2 =
    chain<batch_norm, typename Schemes::activation,
          residual<branch_v2<Schemes, Inner, Stride>,
                   pointwise<typename after_carrier<Schemes>::type, 4 * Inner, Stride>, typename Schemes::carrier>>;
template <class Schemes, int Inner>
using identity_v2 =
    residual<chain<batch_norm, typename Schemes::activation, pointwise<typename Schemes::inner, Inner>,
                   typename Schemes::norm, typename Schemes::activation, conv<Inner, typename Schemes::inner>,
                   typename Schemes::norm, typename Schemes::activation, pointwise<typename Schemes::inner, 4 * Inner>>,
             chain<>, typename Schemes::carrier>;

}  // namespace detail

/// ResNet-18 for 224x224 images.
///
/// source  He et al. 2016, Table 1, with projections where the number of channels changes
template <class Schemes, int Classes = 1000>
struct resnet_18 : model<image<3, 224, 224>, detail::resnet_stem<typename Schemes::first>, typename Schemes::norm,
                         typename Schemes::activation, detail::resnet_pool,
                         repeat<2, detail::basic_block<Schemes, 64, 1, false>>,  //
                         detail::basic_block<Schemes, 128, 2, true>, detail::basic_block<Schemes, 128, 1, false>,
                         detail::basic_block<Schemes, 256, 2, true>, detail::basic_block<Schemes, 256, 1, false>,
                         detail::basic_block<Schemes, 512, 2, true>, detail::basic_block<Schemes, 512, 1, false>,  //
                         global_average_pool, dense<Classes, typename Schemes::last>, bias> {};

/// ResNet-50 for 224x224 images. The stride is in a block's first convolution.
///
/// source  He et al. 2016, Table 1
template <class Schemes, int Classes = 1000>
struct resnet_50
    : model<image<3, 224, 224>, detail::resnet_stem<typename Schemes::first>, typename Schemes::norm,
            typename Schemes::activation, detail::resnet_pool, detail::bottleneck<Schemes, 64, 1, true>,
            repeat<2, detail::bottleneck<Schemes, 64, 1, false>>, detail::bottleneck<Schemes, 128, 2, true>,
            repeat<3, detail::bottleneck<Schemes, 128, 1, false>>, detail::bottleneck<Schemes, 256, 2, true>,
            repeat<5, detail::bottleneck<Schemes, 256, 1, false>>, detail::bottleneck<Schemes, 512, 2, true>,
            repeat<2, detail::bottleneck<Schemes, 512, 1, false>>,  //
            global_average_pool, dense<Classes, typename Schemes::last>, bias> {};

/// ResNet-50 for 224x224 images with batch norm and relu before the convolutions. The stride is in a block's 3x3
/// convolution.
///
/// source  He et al. 2016b, "Identity Mappings in Deep Residual Networks"
template <class Schemes, int Classes = 1000>
struct resnet_50_v2 : model<image<3, 224, 224>, detail::resnet_stem<typename Schemes::first>, detail::resnet_pool,
                            detail::projecting_v2<Schemes, 64, 1>, repeat<2, detail::identity_v2<Schemes, 64>>,
                            detail::projecting_v2<Schemes, 128, 2>, repeat<3, detail::identity_v2<Schemes, 128>>,
                            detail::projecting_v2<Schemes, 256, 2>, repeat<5, detail::identity_v2<Schemes, 256>>,
                            detail::projecting_v2<Schemes, 512, 2>, repeat<2, detail::identity_v2<Schemes, 512>>,  //
                            batch_norm, typename Schemes::activation, global_average_pool,
                            dense<Classes, typename Schemes::last>, bias> {};

}  // namespace minnow::zoo
