#pragma once

#include <cstddef>
#include <string_view>

#include <minnow/core/shape.hpp>

namespace minnow::detail {

/// Describes a layer to a network without a model type; does not include the layer's address.
struct layer_entry {
  std::string_view path;
  shape out;
  std::size_t from;    ///< index of the layer whose result is the input, or image_input
  std::size_t second;  ///< like `from`, for the second input of a join
  bool joins;
};

/// Where a layer writes the gradient of one of its inputs.
struct gradient_edge {
  int buffer = -1;    ///< -1: no layer needs it
  bool adds = false;  ///< true if other layers also read the input: this gradient is added to theirs
};

/// The buffers of a layer's gradients.
struct layer_gradients {
  bool learns = false;  ///< true if this layer or a layer before it is trained
  int result = -1;      ///< buffer of its result's gradient
  gradient_edge to_from{};
  gradient_edge to_second{};
};

}  // namespace minnow::detail
