#pragma once

// The network of the device. FIRMWARE_MODEL is a network of the zoo, FIRMWARE_BITS a scheme of its inner layers. The
// default is Model D of MINW-Net with 1-bit weights and inputs, which computes only with integers from the image's bytes
// to the last sums. The networks of MLPerf Tiny have 8-bit first, depthwise and last layers and skip connections, and
// compute in fixed point.

#include <type_traits>

#include <minnow/layers/signal.hpp>
#include <minnow/quantize/methods/affine.hpp>
#include <minnow/zoo/convnet.hpp>
#include <minnow/zoo/mlperf_tiny.hpp>

#ifndef FIRMWARE_MODEL
#define FIRMWARE_MODEL model_d
#define FIRMWARE_BITS bits_1_1
#endif

namespace firmware_example {

namespace mn = minnow;

using bits_1_1 = mn::minw<1, 1>;
using bits_2_2 = mn::minw<2, 2>;
using bits_4_8 = mn::scheme<mn::integer<8>, mn::integer<4, mn::per_channel>>;
using bits_8_8 = mn::scheme<mn::integer<8>, mn::integer<8, mn::per_channel>>;

template <class Inner>
using tiny_schemes = mn::zoo::schemes<Inner, mn::scheme<mn::unsigned_pixels, mn::integer<8, mn::per_channel>>, bits_8_8,
                                      bits_8_8, mn::integer<8>>;

template <class Bits>
struct model_d {
  struct network : mn::zoo::model_d<mn::zoo::image_schemes<Bits>> {};
};
template <class Bits>
struct resnet_8 {
  using network = mn::fixed_point<mn::zoo::resnet_8<tiny_schemes<Bits>>>;
};
template <class Bits>
struct ds_cnn {
  using network = mn::fixed_point<mn::zoo::ds_cnn<tiny_schemes<Bits>>>;
};
template <class Bits>
struct visual_wake_words {
  using network = mn::fixed_point<mn::zoo::visual_wake_words<tiny_schemes<Bits>>>;
};
template <class Bits>
struct autoencoder_640 {
  using network = mn::fixed_point<mn::zoo::autoencoder_640<tiny_schemes<Bits>>>;
};

/// A small network with every kind of stage, for tests of a toolchain.
template <class Bits>
struct small_graph {
  struct exact
      : mn::model<mn::image<3, 12, 12>, mn::conv<8, typename tiny_schemes<Bits>::first, mn::stride<2>, mn::same>,
                  mn::batch_norm, mn::relu,
                  mn::residual<mn::chain<mn::conv<8, mn::integer<8>>, mn::batch_norm>, mn::chain<>, mn::integer<8>>,
                  mn::relu, mn::depthwise_conv<mn::scheme<mn::affine_integer<8>, mn::integer<8>>>, mn::max_pool<2>,
                  mn::batch_norm, mn::conv<12, Bits>, mn::batch_norm, mn::relu,
                  mn::conv<16, bits_8_8, mn::kernel<1>, mn::padding<0>>, mn::batch_norm, mn::relu,
                  mn::global_average_pool, mn::dense<10, bits_8_8>, mn::bias> {};
  using network = mn::fixed_point<exact>;
};

/// A network of sound: 200 samples of 16 bits. two_networks.cpp runs it next to `small_graph`.
struct tones_in_floats
    : mn::model<mn::signal<1, 200>, mn::conv_1d<8, bits_8_8, mn::kernel<9>, mn::stride<4>>, mn::batch_norm, mn::relu,
                mn::global_average_pool, mn::dense<3, bits_8_8>, mn::bias> {};
using tones = mn::fixed_point<tones_in_floats>;

using network = typename FIRMWARE_MODEL<FIRMWARE_BITS>::network;

/// True if the exported network is `small_graph`.
inline constexpr bool is_small_graph = std::is_same_v<network, typename small_graph<FIRMWARE_BITS>::network>;

}  // namespace firmware_example
