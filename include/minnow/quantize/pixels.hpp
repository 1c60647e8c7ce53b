#pragma once

#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// Quantizer of an image's bytes, without loss: byte p has the code 2p - 255 and the value code / 255, from -1 to 1.
/// Only the first layer's inputs can be pixels. A network whose other quantizers also have integer codes computes with
/// integers from the pixels to the last sum.
///
/// shape  element-wise; `code` takes bytes 0 … 255 held in floats
/// code   the odd integers -255 … 255
struct pixels : quantizer_base {
  static constexpr text name() { return "pixels"; }
  static constexpr int bits = 8;
  static constexpr encoding storage = encoding::pixel;
  static constexpr int max_code = 255;

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    return x + x - Value(255);
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / 255.0f; }
  static constexpr bool supports(role r) noexcept { return r == role::inputs; }
};

}  // namespace minnow
