#pragma once

#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/quantize/clipped.hpp>
#include <minnow/quantize/pixels.hpp>
#include <minnow/quantize/real.hpp>
#include <minnow/quantize/scheme.hpp>
#include <minnow/quantize/uniform.hpp>

/// Networks of published papers. The shapes are from the papers; the user chooses the scheme (the quantizers) of each
/// layer.
namespace minnow::zoo {

namespace detail {

/// True for quantizers of inputs with levels from -1 to 1, as in MINW-Net.
template <class Inputs>
inline constexpr bool reaches_minus_1 = is_planes(Inputs::storage);
template <class Quantizer>
inline constexpr bool reaches_minus_1<clipped<Quantizer>> = true;
template <int Bits>
inline constexpr bool reaches_minus_1<uniform<Bits>> = true;

template <class Scheme>
struct activation_of {
  using type = relu;
};
template <class Scheme>
  requires(reaches_minus_1<typename Scheme::inputs>)
struct activation_of<Scheme> {
  using type = hard_tanh;
};

}  // namespace detail

/// The schemes of a network's layers, by position. For example, a 4-bit network can have 8-bit first, depthwise and
/// last layers.
///
/// Inner      scheme of all layers that are not listed below
/// First      scheme of the layer that reads the image
/// Last       scheme of the layer that computes the logits
/// Depthwise  scheme of depthwise convolutions
/// Carrier    quantizer of the inputs of residual blocks, for example `real` or integer<8>
/// Norm       layer directly after the convolutions of ResNets and MobileNets: batch_norm, or `bias` if batch norm is
///            folded into weights and biases (train/fold_batch_norm.hpp)
/// Activation activation of AlexNet, ResNets, DenseNets and MobileNets. The default is hard_tanh if the inputs of Inner
///            have levels from -1 to 1, as with `minw` (Chen et al. 2020, III.E), otherwise relu. After relu such a
///            quantizer has no negative inputs, so `ternary` and `power_of_two` never use their negative levels
template <class Inner, class First = Inner, class Last = Inner, class Depthwise = Inner, class Carrier = real,
          class Norm = batch_norm, class Activation = typename detail::activation_of<Inner>::type>
struct schemes {
  using inner = Inner;
  using first = First;
  using last = Last;
  using depthwise = Depthwise;
  using carrier = Carrier;
  using norm = Norm;
  using activation = Activation;
};

/// The schemes of a network in which all layers have the same scheme, except that the inputs of the first layer have
/// the quantizer `Image`. The default quantizer, `pixels`, reads the image as bytes.
template <class Scheme, class Image = pixels>
using image_schemes = schemes<Scheme, scheme<Image, typename Scheme::weights>>;

namespace detail {

/// The scheme of a layer that reads the output of the carrier, the quantizer of a residual block's input. If the
/// carrier is already the quantizer of the layer's inputs, the scheme is only the weights' quantizer.
template <class Schemes, class Inner = typename Schemes::inner>
struct after_carrier {
  using type = Inner;
};
template <class Schemes, class Inner>
  requires(std::is_same_v<typename Inner::inputs, typename Schemes::carrier> &&
           !std::is_same_v<typename Schemes::carrier, real>)
struct after_carrier<Schemes, Inner> {
  using type = typename Inner::weights;
};

}  // namespace detail

}  // namespace minnow::zoo
