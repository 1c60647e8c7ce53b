#pragma once

#include <cstddef>
#include <string_view>

#include <minnow/core/shape.hpp>

namespace minnow::detail {

/// Describes a layer for `network_base`, which does not know the model type. The layer's address is stored separately.
struct layer_entry {
  std::string_view path;
  shape out;
  std::size_t from;    ///< index of the layer whose result is the input, or image_input
  std::size_t second;  ///< like `from`, for the second input of a layer with two inputs
  bool joins;
};

/// The buffer to which a layer writes the gradient of one of its inputs.
struct gradient_edge {
  int buffer = -1;    ///< -1: no layer needs the gradient
  bool adds = false;  ///< true: added to the gradient that another layer has computed for the same input
};

/// The buffers of a layer's gradients.
struct layer_gradients {
  bool learns = false;  ///< true if this layer or a layer before it is trained
  int result = -1;      ///< buffer of its result's gradient
  gradient_edge to_from{};
  gradient_edge to_second{};
};

}  // namespace minnow::detail
