#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/model.hpp>

namespace minnow {

/// The shape of a product's weights: (filters, window height, window width, channels of one group). The window of a
/// dense layer is the whole input that it flattens. The thresholds of `multi_threshold` are (channels, 1, 1, Count).
struct weight_shape {
  std::string_view path;
  int filters = 0;
  shape window;
  bool flattens = false;   ///< true if the layer is a dense layer
  bool of_signal = false;  ///< true if the layer is a convolution along a signal
};

namespace detail {

/// Returns true if an array of a layer has the layer's `weight_shape`: the weights, the logits of random weights, or
/// thresholds.
[[nodiscard]] constexpr bool has_weight_shape(std::string_view array) noexcept {
  return array == "weights" || array == "logits" || array == "zero_logits" || array == "sign_logits" ||
         array == "thresholds";
}

template <class Layer>
inline constexpr bool flattens = false;
template <int Units, class Scheme>
inline constexpr bool flattens<dense<Units, Scheme>> = true;

/// Number of thresholds of a channel; 0 for other layers.
template <class Layer>
inline constexpr int thresholds_of = 0;
template <int Count>
inline constexpr int thresholds_of<multi_threshold<Count>> = Count;

template <class Layer>
inline constexpr bool has_matrix = product_layer<Layer> || thresholds_of<Layer> != 0;

template <class Input>
inline constexpr bool is_signal = false;
template <int Channels, int Length>
inline constexpr bool is_signal<signal<Channels, Length>> = true;

template <class Model, std::size_t Index>
constexpr void append_weight_shape(auto& shapes, std::size_t& count) {
  using layer = typename layer_graph<Model>::template layer<Index>;
  if constexpr (product_layer<layer>) {
    constexpr shape in = layer_graph<Model>::template in<Index>;
    constexpr geometry g = layer::over(in);
    shapes[count++] = {layer_graph<Model>::paths[Index].view(), g.out.channels,
                       flattens<layer> ? in : shape{g.kernel.height, g.kernel.width, g.group_channels()},
                       flattens<layer>, is_signal<typename Model::input> && !flattens<layer> && g.kernel.height == 1};
  } else if constexpr (thresholds_of<layer> != 0) {
    constexpr int channels = layer_graph<Model>::template in<Index>.channels;
    shapes[count++] = {layer_graph<Model>::paths[Index].view(), channels, {1, 1, thresholds_of<layer>}, true, false};
  }
}

}  // namespace detail

/// The weight shapes of all products of a model, and of the thresholds of `multi_threshold`, in the layers' order.
template <class Model>
inline constexpr auto weight_shapes = []<std::size_t... Index>(std::index_sequence<Index...>) {
  constexpr std::size_t layers =
      (std::size_t{0} + ... + detail::has_matrix<typename layer_graph<Model>::template layer<Index>>);
  std::array<weight_shape, layers> shapes{};
  std::size_t count = 0;
  (detail::append_weight_shape<Model, Index>(shapes, count), ...);
  return shapes;
}(std::make_index_sequence<layer_graph<Model>::count>{});

}  // namespace minnow
