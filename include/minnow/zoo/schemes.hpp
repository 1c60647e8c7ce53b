#pragma once

#include <type_traits>

#include <minnow/layers/batch_norm.hpp>
#include <minnow/quantize/real.hpp>

/// The papers' networks as descriptions: shapes are theirs, the schemes of the layers are yours.
namespace minnow::zoo {

/// The schemes of a network's layers, by their place: 8-bit first, depthwise and last layers of a 4-bit network are a
/// matter of naming them.
///
/// Inner       of all layers that the others do not name
/// First       of the layer that reads the image
/// Last        of the layer that makes the logits
/// Depthwise   of depthwise convolutions
/// Carrier     the quantizer of what residual blocks hand on: `real`, or integer<8>
/// Norm        what stands right behind products of ResNets and MobileNets: batch_norm, or `bias` where it was folded
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

namespace detail {

/// The scheme of a layer whose inputs the carrier has quantized: where that is what the layer takes, its weights alone.
template <class Schemes, class Inner = typename Schemes::inner>
struct behind_carrier {
  using type = Inner;
};
template <class Schemes, class Inner>
  requires(std::is_same_v<typename Inner::inputs, typename Schemes::carrier> &&
           !std::is_same_v<typename Schemes::carrier, real>)
struct behind_carrier<Schemes, Inner> {
  using type = typename Inner::weights;
};

}  // namespace detail

}  // namespace minnow::zoo
