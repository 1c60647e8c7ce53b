#pragma once

#include <minnow/layers/layer.hpp>

namespace minnow {

/// Adds a learned number to each channel.
///
/// in (H,W,C) -> out (H,W,C)
struct bias : same_shape {
  static constexpr text name() { return "bias"; }
};

}  // namespace minnow
