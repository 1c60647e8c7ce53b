#pragma once

#include <concepts>

#include <minnow/layers/graph/layer_graph.hpp>
#include <minnow/layers/graph/model_description.hpp>
#include <minnow/layers/input.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

/// A network's description: its input and its layers. Derive a struct from it to give it a short name:
///
///   struct lenet : model<image<1, 28, 28>, conv<32, minw<1, 1>>, batch_norm, …> {};
template <class Input, class... Layers>
struct model {
  static_assert(
      requires {
        { Input::dimensions } -> std::convertible_to<shape>;
      }, "minnow: a model begins with its input: image<C, H, W>, signal<C, L> or features<N>");
  static_assert(sizeof...(Layers) > 0, "minnow: a model has at least one layer");
  using input = Input;
  using parts = list<Layers...>;
};

}  // namespace minnow
