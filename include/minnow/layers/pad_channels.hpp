#pragma once

#include <minnow/layers/layer.hpp>

namespace minnow {

/// Appends channels of zeros to the input's channels.
///
/// in (H,W,C) -> out (H,W,Channels), C <= Channels
template <int Channels>
struct pad_channels {
  static constexpr text name() { return text("pad_channels<") << Channels << ">"; }
  static constexpr shape output(shape in) noexcept { return {in.height, in.width, Channels}; }
  static constexpr fault check(shape in) noexcept {
    return in.channels <= Channels ? fault::none : fault::layer_specific;
  }
};

}  // namespace minnow
