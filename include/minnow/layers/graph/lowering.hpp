#pragma once

#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/layers/graph/type_list.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/layers/quantize.hpp>

/// Lowering: how each layer that a user writes becomes primitive layers. Composite layers, such as `residual`,
/// specialize `expansion` in their own headers.
namespace minnow::detail {

/// The primitive layers that a user's layer expands to. Their paths start with the path of the user's layer.
template <class Layer>
struct expansion {
  using type = list<Layer>;
  template <class Graph>
  static constexpr void describe(const text& path, Graph& out) {
    out.layer(path);
  }
};

template <class... Parts>
struct expansion<list<Parts...>> {
  using type = typename concat<typename expansion<Parts>::type...>::type;

  template <class Graph>
  static constexpr void describe(const text& prefix, Graph& out) {
    [[maybe_unused]] int position = 0;
    [[maybe_unused]] const text dot = prefix.view().empty() ? text() : text(".");
    (expansion<Parts>::describe(text(prefix) << dot << position++, out), ...);
  }
};

template <class... Parts>
struct expansion<chain<Parts...>> : expansion<list<Parts...>> {};

/// scheme<Inputs, Weights> expands to a quantize layer before the product. For `real` inputs there is no quantize
/// layer.
template <class Inputs, class Product>
struct product_expansion {
  using type = list<quantize<Inputs>, Product>;
  template <class Graph>
  static constexpr void describe(const text& path, Graph& out) {
    out.layer(text(path) << ".inputs");
    out.layer(path);
  }
};
template <class Product>
struct product_expansion<real, Product> : expansion<Product> {};

template <int Filters, class Inputs, class Weights, class... Options>
struct expansion<conv<Filters, scheme<Inputs, Weights>, Options...>>
    : product_expansion<typename scheme<Inputs, Weights>::inputs, conv<Filters, Weights, Options...>> {};
template <class Inputs, class Weights, class... Options>
struct expansion<depthwise_conv<scheme<Inputs, Weights>, Options...>>
    : product_expansion<typename scheme<Inputs, Weights>::inputs, depthwise_conv<Weights, Options...>> {};
template <int Units, class Inputs, class Weights>
struct expansion<dense<Units, scheme<Inputs, Weights>>>
    : product_expansion<typename scheme<Inputs, Weights>::inputs, dense<Units, Weights>> {};

}  // namespace minnow::detail
