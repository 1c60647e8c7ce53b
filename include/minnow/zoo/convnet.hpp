#pragma once

#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/zoo/schemes.hpp>

namespace minnow::zoo {

namespace detail {

template <int Filters, class Scheme>
using unit = chain<conv<Filters, Scheme>, batch_norm>;
template <int Filters, class Scheme>
using pooled_unit = chain<conv<Filters, Scheme>, max_pool<2>, batch_norm>;
template <int Units, class Scheme>
using dense_unit = chain<dense<Units, Scheme>, batch_norm>;

}  // namespace detail

/// A ConvNet for 32x32 images: six convolutions (two each with Channels, 2 Channels and 4 Channels filters), two hidden
/// dense layers and the dense output layer.
template <class Schemes, int Channels, int Hidden1, int Hidden2, int Classes = 10>
struct convnet
    : model<image<3, 32, 32>, detail::unit<Channels, typename Schemes::first>,
            detail::pooled_unit<Channels, typename Schemes::inner>, detail::unit<2 * Channels, typename Schemes::inner>,
            detail::pooled_unit<2 * Channels, typename Schemes::inner>,
            detail::unit<4 * Channels, typename Schemes::inner>,
            detail::pooled_unit<4 * Channels, typename Schemes::inner>,
            detail::dense_unit<Hidden1, typename Schemes::inner>, detail::dense_unit<Hidden2, typename Schemes::inner>,
            detail::dense_unit<Classes, typename Schemes::last>> {};

/// Model A of MINW-Net, the largest of the models A to D. The paper does not print the widths of the dense layers;
/// these widths give the paper's model sizes.
///
/// source  Chen et al. 2020, IV
template <class Schemes, int Classes = 10>
struct model_a : convnet<Schemes, 128, 512, 2048, Classes> {};
/// Model B of MINW-Net.
template <class Schemes, int Classes = 10>
struct model_b : convnet<Schemes, 64, 512, 2048, Classes> {};
/// Model C of MINW-Net.
template <class Schemes, int Classes = 10>
struct model_c : convnet<Schemes, 64, 256, 1024, Classes> {};
/// Model D of MINW-Net.
template <class Schemes, int Classes = 10>
struct model_d : convnet<Schemes, 64, 128, 512, Classes> {};

/// BinaryNet for CIFAR-10.
///
/// source  Courbariaux et al. 2016
template <class Schemes, int Classes = 10>
struct binary_net : convnet<Schemes, 128, 1024, 1024, Classes> {};

}  // namespace minnow::zoo
