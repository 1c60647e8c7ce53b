#pragma once

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
template <class Inner, class First = Inner, class Last = Inner, class Depthwise = Inner, class Carrier = real>
struct schemes {
  using inner = Inner;
  using first = First;
  using last = Last;
  using depthwise = Depthwise;
  using carrier = Carrier;
};

}  // namespace minnow::zoo
