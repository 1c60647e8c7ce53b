#pragma once

// The networks of the gallery: their descriptions, names and data sets. Both programs include this header.

#include <string_view>

#include <minnow/model.hpp>
#include <minnow/quantize/methods.hpp>
#include <minnow/zoo/mlperf_tiny.hpp>

namespace gallery {

namespace mn = minnow;

/// Schemes of a network: `image` for the layer that reads the bytes of the image, `inner` for all other layers.
/// Padding is black (the byte 0), like the background of the images.
struct floats {
  using image = mn::scheme<mn::unsigned_pixels, mn::real>;
  using inner = mn::scheme<mn::real, mn::real>;
};
/// 4-bit weights with a scale for each filter, 8-bit inputs after a relu.
struct four_bits {
  static constexpr std::string_view text = "4-bit weights, 8-bit inputs";
  using image = mn::scheme<mn::unsigned_pixels, mn::integer<4, mn::per_channel>>;
  using inner = mn::scheme<mn::unsigned_integer<8>, mn::integer<4, mn::per_channel>>;
};
/// 1-bit weights with a scale for each filter, 8-bit inputs after a relu.
struct one_bit_weights {
  static constexpr std::string_view text = "1-bit weights, 8-bit inputs";
  using image = mn::scheme<mn::unsigned_pixels, mn::scaled_sign<>>;
  using inner = mn::scheme<mn::unsigned_integer<8>, mn::scaled_sign<>>;
};
/// 1-bit weights and 1-bit inputs. The image is read as bytes.
struct one_bit {
  static constexpr std::string_view text = "1-bit weights, 1-bit inputs";
  using image = mn::scheme<mn::unsigned_pixels, mn::sign>;
  using inner = mn::scheme<mn::sign, mn::sign>;
};

/// The activation before inputs of `Bits`: none before 1-bit inputs, which are the sign of the batch norm's result.
template <class Bits>
struct activation {
  using type = mn::chain<mn::relu>;
};
template <>
struct activation<one_bit> {
  using type = mn::chain<>;
};

/// A convolution, batch norm and activation.
template <int Filters, class Scheme, class Bits, class... Options>
using conv = mn::chain<mn::conv<Filters, Scheme, Options...>, mn::batch_norm, typename activation<Bits>::type>;
/// A convolution, 2x2 max pool, batch norm and activation.
template <int Filters, class Scheme, class Bits, class... Options>
using conv_pool =
    mn::chain<mn::conv<Filters, Scheme, Options...>, mn::max_pool<2>, mn::batch_norm, typename activation<Bits>::type>;

/// Optical digits, 8x8: two convolutions.
template <class Bits>
struct optdigits_net
    : mn::model<mn::image<1, 8, 8>, conv_pool<16, typename Bits::image, Bits>,
                conv_pool<32, typename Bits::inner, Bits>, mn::dense<10, typename Bits::inner>, mn::batch_norm> {};

/// MNIST, 28x28: three convolutions.
template <class Bits>
struct mnist_net : mn::model<mn::image<1, 28, 28>, conv_pool<16, typename Bits::image, Bits, mn::kernel<5>>,
                             conv_pool<32, typename Bits::inner, Bits>, conv_pool<32, typename Bits::inner, Bits>,
                             mn::dense<10, typename Bits::inner>, mn::batch_norm> {};

/// Fashion-MNIST, 28x28: three wider convolutions.
template <class Bits>
struct fashion_net : mn::model<mn::image<1, 28, 28>, conv_pool<32, typename Bits::image, Bits>,
                               conv_pool<64, typename Bits::inner, Bits>, conv_pool<96, typename Bits::inner, Bits>,
                               mn::dense<10, typename Bits::inner>, mn::batch_norm> {};

/// Spoken digits: 40 frames of 32 logarithmic mel bands (spoken_digits.hpp).
template <class Bits>
struct spoken_net : mn::model<mn::image<1, 40, 32>, conv<32, typename Bits::image, Bits, mn::kernel<5>, mn::stride<2>>,
                              conv_pool<32, typename Bits::inner, Bits>, conv_pool<64, typename Bits::inner, Bits>,
                              conv<96, typename Bits::inner, Bits>, mn::global_average_pool,
                              mn::dense<10, typename Bits::inner>, mn::batch_norm> {};

/// CIFAR-10: four convolutions.
template <class Bits>
struct cifar_net
    : mn::model<mn::image<3, 32, 32>, conv_pool<64, typename Bits::image, Bits>,
                conv_pool<64, typename Bits::inner, Bits>, conv_pool<128, typename Bits::inner, Bits>,
                conv<192, typename Bits::inner, Bits>, mn::dense<10, typename Bits::inner>, mn::batch_norm> {};

/// ResNet-8 of MLPerf Tiny in floats, and with 4-bit weights and 8-bit inputs; the first and the last layer have 8-bit
/// weights.
using resnet_8_floats = mn::zoo::resnet_8<mn::zoo::schemes<mn::real>>;
using eight_bits = mn::scheme<mn::integer<8>, mn::integer<8, mn::per_channel>>;
struct resnet_8 : mn::zoo::resnet_8<mn::zoo::schemes<mn::scheme<mn::integer<8>, mn::integer<4, mn::per_channel>>,
                                                     mn::scheme<mn::unsigned_pixels, mn::integer<8, mn::per_channel>>,
                                                     eight_bits, eight_bits, mn::integer<8>>> {};

/// The description of a network, and the text that names its quantizers.
template <template <class> class Net, class Bits>
struct entry {
  using model = Net<Bits>;
  static constexpr std::string_view bits = Bits::text;
};

/// The networks of the gallery. `model` is the description, `name` the name of the files, `data` the data set.
struct optdigits_1 : entry<optdigits_net, one_bit> {
  static constexpr std::string_view name = "optdigits-1", data = "optdigits";
};
struct optdigits_4 : entry<optdigits_net, four_bits> {
  static constexpr std::string_view name = "optdigits-4", data = "optdigits";
};
struct mnist_1 : entry<mnist_net, one_bit> {
  static constexpr std::string_view name = "mnist-1", data = "mnist";
};
struct mnist_4 : entry<mnist_net, four_bits> {
  static constexpr std::string_view name = "mnist-4", data = "mnist";
};
struct fashion_1 : entry<fashion_net, one_bit_weights> {
  static constexpr std::string_view name = "fashion-1", data = "fashion-mnist";
};
struct fashion_4 : entry<fashion_net, four_bits> {
  static constexpr std::string_view name = "fashion-4", data = "fashion-mnist";
};
struct spoken_4 : entry<spoken_net, four_bits> {
  static constexpr std::string_view name = "spoken-4", data = "spoken-digits";
};
struct cifar_1 : entry<cifar_net, one_bit> {
  static constexpr std::string_view name = "cifar-1", data = "cifar-10";
};
struct resnet8_4 {
  using model = resnet_8;
  static constexpr std::string_view name = "resnet8-4", data = "cifar-10", bits = four_bits::text;
};

/// A list of types.
template <class... Each>
struct list {};
/// All networks, in the order in which they are printed.
using all_networks =
    list<optdigits_1, optdigits_4, mnist_1, mnist_4, fashion_1, fashion_4, spoken_4, cifar_1, resnet8_4>;

}  // namespace gallery
