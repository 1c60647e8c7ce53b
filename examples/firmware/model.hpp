#pragma once

// The network of the device. FIRMWARE_MODEL is a network of the zoo, FIRMWARE_BITS a scheme of its inner layers. The
// default is Model D of MINW-Net with 1-bit weights and inputs, which computes only with integers from the image's bytes
// to the last sums. The networks of MLPerf Tiny have 8-bit first, depthwise and last layers and skip connections, and
// compute in fixed point.

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

using network = typename FIRMWARE_MODEL<FIRMWARE_BITS>::network;

}  // namespace firmware_example
