#pragma once

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/zoo/schemes.hpp>

namespace minnow::zoo {

/// AlexNet for 224x224 images, with the layer widths of its version for a single GPU. Batch norm follows every
/// convolution and dense layer. If a max pool follows a convolution, batch norm comes after the pool.
///
/// source  Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"; Chen et al. 2020, IV
template <class Schemes, int Classes = 1000>
struct alexnet
    : model<image<3, 224, 224>,  //
            conv<64, typename Schemes::first, kernel<11>, stride<4>, padding<2>>, max_pool<3, stride<2>>, batch_norm,
            typename Schemes::activation, conv<192, typename Schemes::inner, kernel<5>>, max_pool<3, stride<2>>,
            batch_norm, typename Schemes::activation,                                                              //
            conv<384, typename Schemes::inner>, batch_norm, typename Schemes::activation,                          //
            conv<256, typename Schemes::inner>, batch_norm, typename Schemes::activation,                          //
            conv<256, typename Schemes::inner>, max_pool<3, stride<2>>, batch_norm, typename Schemes::activation,  //
            dense<4096, typename Schemes::inner>, batch_norm, typename Schemes::activation,
            dense<4096, typename Schemes::inner>, batch_norm, typename Schemes::activation,
            dense<Classes, typename Schemes::last>, batch_norm> {};

}  // namespace minnow::zoo
