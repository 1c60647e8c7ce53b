#pragma once

#include <type_traits>

#include <minnow/layers/batch_norm.hpp>
#include <minnow/quantize/pixels.hpp>
#include <minnow/quantize/real.hpp>
#include <minnow/quantize/scheme.hpp>

/// Descriptions of the papers' networks. The shapes are from the papers; the user chooses the schemes of the layers.
namespace minnow::zoo {

/// The schemes of a network's layers, by position. For example, a 4-bit network can have 8-bit first, depthwise and
/// last layers.
///
/// Inner      scheme of all layers that are not listed below
/// First      scheme of the layer that reads the image
/// Last       scheme of the layer that computes the logits
/// Depthwise  scheme of depthwise convolutions
/// Carrier    quantizer of the inputs of residual blocks, for example `real` or integer<8>
/// Norm       layer directly after the products of ResNets and MobileNets: batch_norm, or `bias` if batch norm is
///            folded
template <class Inner, class First = Inner, class Last = Inner, class Depthwise = Inner, class Carrier = real,
          class Norm = batch_norm>
struct schemes {
  using inner = Inner;
  using first = First;
  using last = Last;
  using depthwise = Depthwise;
  using carrier = Carrier;
  using norm = Norm;
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
