#pragma once

#include <type_traits>

#include <minnow/quantize/quantizer_base.hpp>

namespace minnow {

/// Quantizer of an image's bytes, without loss: byte p has the code 2p - 255 and the value code / 255, from -1 to 1.
/// Only the first layer's inputs can be pixels. A network whose other quantizers also have integer codes computes with
/// integers from the pixels to the last sum.
///
/// The padding of a convolution has the value 0, which is the gray between the bytes 127 and 128. `unsigned_pixels` pads
/// with black, as an unquantized first layer does.
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

/// Quantizer of an image's bytes, without loss: byte p has the code p and the value p / 255, from 0 to 1. These are the
/// values that a first layer with `real` inputs gets without a normalization, so quantizing such a layer changes no
/// input and no padding: the padding of a convolution is the byte 0. Only the first layer's inputs can have this
/// quantizer.
///
/// shape  element-wise; `code` takes bytes 0 … 255 held in floats
/// code   the integers 0 … 255
struct unsigned_pixels : unsigned_codes<8> {
  static constexpr text name() { return "unsigned_pixels"; }
  static constexpr interval range(const state&) noexcept { return {0, 1}; }

  template <class Value>
  static constexpr Value code(Value x, const state&) noexcept {
    return x;
  }
  static constexpr float scale(const state&) noexcept { return 1.0f / 255.0f; }
};

namespace detail {

/// True for quantizers whose codes are the bytes of an image.
template <class Quantizer>
inline constexpr bool reads_image = std::is_same_v<Quantizer, pixels> || std::is_same_v<Quantizer, unsigned_pixels>;

}  // namespace detail

}  // namespace minnow
