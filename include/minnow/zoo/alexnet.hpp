#pragma once

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/zoo/schemes.hpp>

namespace minnow::zoo {

/// AlexNet for 224x224 images, in the widths for one processor, with batch norm after every product (after the max
/// pool, if one follows the product).
///
/// source  Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"; Chen et al. 2020, IV
template <class Schemes, int Classes = 1000>
struct alexnet
    : model<image<3, 224, 224>,  //
            conv<64, typename Schemes::first, kernel<11>, stride<4>, padding<2>>, max_pool<3, stride<2>>, batch_norm,
            relu, conv<192, typename Schemes::inner, kernel<5>>, max_pool<3, stride<2>>, batch_norm, relu,  //
            conv<384, typename Schemes::inner>, batch_norm, relu,                                           //
            conv<256, typename Schemes::inner>, batch_norm, relu,                                           //
            conv<256, typename Schemes::inner>, max_pool<3, stride<2>>, batch_norm, relu,                   //
            dense<4096, typename Schemes::inner>, batch_norm, relu, dense<4096, typename Schemes::inner>, batch_norm,
            relu, dense<Classes, typename Schemes::last>, batch_norm> {};

}  // namespace minnow::zoo
