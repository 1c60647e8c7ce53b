#pragma once

#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/layers/quantize.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/quantize/real.hpp>
#include <minnow/zoo/mobilenet.hpp>
#include <minnow/zoo/schemes.hpp>

/// The networks of the benchmark MLPerf Tiny, with the shapes and the padding of its Keras models. A bias in front of a
/// batch norm is part of the batch norm's mean.
///
/// source  Banbury et al. 2021, "MLPerf Tiny Benchmark"
namespace minnow::zoo {

namespace detail {

/// The 1x1 convolution of a shortcut, with a bias and without a batch norm. Its output has the carrier's quantizer, so
/// that the join adds integers.
template <class Schemes, int Filters, class Carrier = typename Schemes::carrier>
struct halving_shortcut {
  using type =
      chain<conv<Filters, typename after_carrier<Schemes>::type, kernel<1>, stride<2>, same>, bias, quantize<Carrier>>;
};
template <class Schemes, int Filters>
struct halving_shortcut<Schemes, Filters, real> {
  using type = chain<conv<Filters, typename after_carrier<Schemes>::type, kernel<1>, stride<2>, same>, bias>;
};

/// A basic block with stride 2.
template <class Schemes, int Filters>
using halving_block =
    chain<residual<chain<conv<Filters, typename after_carrier<Schemes>::type, stride<2>, same>, typename Schemes::norm,
                         typename Schemes::activation, conv<Filters, typename Schemes::inner>, typename Schemes::norm>,
                   typename halving_shortcut<Schemes, Filters>::type, typename Schemes::carrier>,
          typename Schemes::activation>;

/// A separable convolution of 64 channels.
template <class Schemes>
using separable_64 = separable<Schemes, 64, 1, same>;

template <class Scheme, class Schemes, int Units>
using autoencoder_layer = chain<dense<Units, Scheme>, typename Schemes::norm, typename Schemes::activation>;

}  // namespace detail

/// ResNet-8: image classification on CIFAR-10. 12.5 million multiply-accumulates.
template <class Schemes, int Classes = 10>
struct resnet_8
    : model<image<3, 32, 32>, conv<16, typename Schemes::first>, typename Schemes::norm, typename Schemes::activation,
            residual<chain<conv<16, typename detail::after_carrier<Schemes>::type>, typename Schemes::norm,
                           typename Schemes::activation, conv<16, typename Schemes::inner>, typename Schemes::norm>,
                     chain<>, typename Schemes::carrier>,
            typename Schemes::activation, detail::halving_block<Schemes, 32>, detail::halving_block<Schemes, 64>,
            global_average_pool, dense<Classes, typename Schemes::last>, bias> {};

/// DS-CNN: keyword spotting on 49 frames of 10 features. 2.7 million multiply-accumulates. The image is `image<1, 49,
/// 10>`; a first scheme with `real` or integer inputs reads features as floats.
template <class Schemes, int Classes = 12>
struct ds_cnn : model<image<1, 49, 10>, conv<64, typename Schemes::first, kernel<10, 4>, stride<2>, same>,
                      typename Schemes::norm, typename Schemes::activation, repeat<4, detail::separable_64<Schemes>>,
                      global_average_pool, dense<Classes, typename Schemes::last>, bias> {};

/// MobileNet v1 with a quarter of the channels on images of 96x96 pixels: visual wake words (person or not). 7.5 million
/// multiply-accumulates.
template <class Schemes, int Classes = 2>
struct visual_wake_words : mobilenet_v1<Schemes, 25, 96, Classes, same> {};

/// Autoencoder of 640 features: anomaly detection on sound. 264,192 multiply-accumulates. The output has as many numbers
/// as the input.
template <class Schemes>
struct autoencoder_640 : model<features<640>, detail::autoencoder_layer<typename Schemes::first, Schemes, 128>,
                               repeat<3, detail::autoencoder_layer<typename Schemes::inner, Schemes, 128>>,
                               detail::autoencoder_layer<typename Schemes::inner, Schemes, 8>,
                               repeat<4, detail::autoencoder_layer<typename Schemes::inner, Schemes, 128>>,
                               dense<640, typename Schemes::last>, bias> {};

}  // namespace minnow::zoo
