#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/shape.hpp>
#include <minnow/layers/graph/builder.hpp>

namespace minnow::detail {

/// Describes a layer to a network without a model type; does not include the layer's address.
struct layer_entry {
  std::string_view path;
  shape out;
  std::size_t from;    ///< index of the layer whose result is the input, or image_input
  std::size_t second;  ///< as `from`, for the second input of a join
  bool joins;
};

/// Where a layer writes the gradient of one of its inputs.
struct gradient_edge {
  int buffer = -1;    ///< -1: no layer needs it
  bool adds = false;  ///< the input has other readers; this gradient is added to theirs
};

/// The buffers of a layer's gradients.
struct layer_gradients {
  bool learns = false;  ///< this layer or a layer before it is trained
  int result = -1;      ///< buffer of its result's gradient
  gradient_edge to_from{};
  gradient_edge to_second{};
};

/// Assigns a buffer to each gradient for as long as it is needed: two for a chain of layers, more where layers branch.
/// No gradient is computed for the image or for the layers before the first trained layer.
///
/// trained  called with the index of a layer; returns true if the layer has parameters
/// returns  the number of buffers
template <class Trained>
[[nodiscard]] int plan_gradients(std::span<const layer_entry> layers, Trained&& trained,
                                 std::vector<layer_gradients>& plan) {
  std::vector<int> free;
  int count = 0;
  const auto take = [&] {
    if (free.empty()) return count++;
    const int buffer = free.back();
    free.pop_back();
    return buffer;
  };
  plan.assign(layers.size(), {});
  const auto learns = [&](std::size_t i) { return i != image_input && plan[i].learns; };
  for (std::size_t i = 0; i < layers.size(); ++i)
    plan[i].learns = trained(i) || learns(layers[i].from) || learns(layers[i].second);
  plan.back().result = take();
  for (std::size_t i = layers.size(); i-- > 0;) {
    layer_gradients& l = plan[i];
    if (!l.learns) continue;
    for (const auto& [source, edge] :
         {std::pair{layers[i].from, &l.to_from}, std::pair{layers[i].second, &l.to_second}})
      if (learns(source)) {
        edge->buffer = take();
        edge->adds = plan[source].result >= 0;
        if (!edge->adds) plan[source].result = edge->buffer;
      }
    for (const gradient_edge& edge : {l.to_from, l.to_second})
      if (edge.adds) free.push_back(edge.buffer);
    free.push_back(l.result);
  }
  return count;
}

}  // namespace minnow::detail
