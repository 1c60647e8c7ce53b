#pragma once

// Counts a network's weights, parameters and multiply-accumulates, to compare them with the numbers in papers.

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/model.hpp>

namespace minnow::test {

struct model_figures {
  long long weights = 0;     ///< weights of products
  long long parameters = 0;  ///< weights, batch norm's scales and shifts, and biases
  long long macs = 0;
};

template <class Flat, std::size_t I>
constexpr model_figures figures_of_layer() {
  using layer = typename Flat::template layer<I>;
  constexpr shape in = Flat::template in<I>;
  if constexpr (product_layer<layer>) {
    constexpr geometry g = layer::over(in);
    return {g.weights(), g.weights(), g.macs()};
  } else if constexpr (std::is_same_v<layer, batch_norm>) {
    return {0, 2 * in.channels, 0};
  } else if constexpr (std::is_same_v<layer, bias>) {
    return {0, in.channels, 0};
  } else {
    return {};
  }
}

template <class Model>
constexpr model_figures figures_of() {
  using f = layer_graph<Model>;
  const auto all = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<model_figures, f::count>{figures_of_layer<f, I>()...};
  }(std::make_index_sequence<f::count>{});
  model_figures sum;
  for (const model_figures& one : all) {
    sum.weights += one.weights;
    sum.parameters += one.parameters;
    sum.macs += one.macs;
  }
  return sum;
}

}  // namespace minnow::test
