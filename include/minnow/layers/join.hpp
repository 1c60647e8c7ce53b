#pragma once

#include <minnow/layers/layer.hpp>

namespace minnow {

/// The sum of two branches.
///
/// in (H,W,C) and (H,W,C) -> out (H,W,C)
struct add {
  static constexpr text name() { return "add"; }
  static constexpr shape output(shape body, shape) noexcept { return body; }
  static constexpr fault check(shape body, shape other) noexcept {
    return body == other ? fault::none : fault::branches_differ;
  }
};

/// Concatenates the channels of two branches: first the channels of `other`, which in a `concatenated` block is the
/// block's input, then the channels of `body`.
///
/// in (H,W,C') of `body` and (H,W,C) of `other` -> out (H,W,C + C')
struct concatenate {
  static constexpr text name() { return "concatenate"; }
  static constexpr shape output(shape body, shape other) noexcept {
    return {body.height, body.width, other.channels + body.channels};
  }
  static constexpr fault check(shape body, shape other) noexcept {
    if (body.height != other.height || body.width != other.width) return fault::branches_differ;
    return other.channels <= 0x7fffffff / body.pixels() - body.channels ? fault::none : fault::too_large;
  }
};

/// Multiplies all channels of a position by one number.
///
/// in (H,W,C) of `body` and (H,W,1) of `other` -> out (H,W,C)
struct scale_positions {
  static constexpr text name() { return "scale_positions"; }
  static constexpr shape output(shape body, shape) noexcept { return body; }
  static constexpr fault check(shape body, shape other) noexcept {
    return other == shape{body.height, body.width, 1} ? fault::none : fault::branches_differ;
  }
};

}  // namespace minnow
