#pragma once

// What papers print of a network: weights, parameters, multiply-accumulates.

#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/model.hpp>

namespace minnow::test {

struct model_figures {
  long long weights = 0;     ///< of products
  long long parameters = 0;  ///< with batch norm's scales and shifts, and biases
  long long macs = 0;
};

template <class Model>
constexpr model_figures figures_of() {
  using f = flat<Model>;
  model_figures sum;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto add = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) {
      using l = typename f::template layer<J>;
      if constexpr (product_layer<l>) {
        sum.weights += l::over(f::template in<J>).weights();
        sum.macs += l::over(f::template in<J>).macs();
      }
      if constexpr (std::is_same_v<l, batch_norm>) sum.parameters += 2 * f::template in<J>.channels;
      if constexpr (std::is_same_v<l, bias>) sum.parameters += f::template in<J>.channels;
    };
    (add(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<f::count>{});
  sum.parameters += sum.weights;
  return sum;
}

}  // namespace minnow::test
