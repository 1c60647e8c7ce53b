#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/train/trainable.hpp>

/// The hooks of trainable layers, called without the layer's type.
namespace minnow {

namespace detail {

using parameter_visitor = std::function<void(const parameter&)>;
using array_visitor = std::function<void(std::string_view, std::span<float>)>;

/// Functions of a layer that the training loops call, as pointers. They are made once for each trainable reading, so
/// that the loops are compiled once and not for every network. Only joins use the second input and its gradient.
struct layer_functions {
  void (*forward)(void*, const activations& in, const activations& second, activations& out, const pass&);
  void (*backward)(void*, const activations& in, const activations& out, const float* grad_out, float* grad_in,
                   float* grad_second, const pass&);
  void (*start)(void*, random, initializer);
  void (*parameters)(void*, const parameter_visitor&);
  void (*arrays)(void*, const array_visitor&);
  void (*checkpoint_arrays)(void*, const array_visitor&);
  void (*statistics)(void*, const array_visitor&);
  std::span<const float> (*unsound_state)(void*);
  bool trained;
  bool takes_codes;  ///< reads codes and their scale; other layers read values
};

template <class Layer>
inline constexpr bool reads_codes = false;
template <class Layer, class Estimator>
inline constexpr bool reads_codes<trainable<Layer, Estimator>> = product_layer<Layer> || join_layer<Layer>;

template <class Layer>
inline constexpr bool has_parameters = requires(Layer& x, const parameter_visitor& visit) { x.parameters(visit); };

template <class Layer>
inline constexpr layer_functions functions_of{
    [](void* l, const activations& in, [[maybe_unused]] const activations& second, activations& out, const pass& p) {
      if constexpr (requires(Layer& x) { x.forward(in, second, out, p); })
        static_cast<Layer*>(l)->forward(in, second, out, p);
      else static_cast<Layer*>(l)->forward(in, out, p);
    },
    [](void* l, [[maybe_unused]] const activations& in, const activations& out, const float* grad_out, float* grad_in,
       [[maybe_unused]] float* grad_second, [[maybe_unused]] const pass& p) {
      if constexpr (requires(Layer& x) { x.backward(out, grad_out, grad_in, grad_second); })
        static_cast<Layer*>(l)->backward(out, grad_out, grad_in, grad_second);
      else static_cast<Layer*>(l)->backward(in, out, grad_out, grad_in, p);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] random r, [[maybe_unused]] initializer how) {
      if constexpr (requires(Layer& x) { x.start(r, how); }) static_cast<Layer*>(l)->start(r, how);
      else if constexpr (requires(Layer& x) { x.start(r); }) static_cast<Layer*>(l)->start(r);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] const parameter_visitor& visit) {
      if constexpr (requires(Layer& x) { x.parameters(visit); }) static_cast<Layer*>(l)->parameters(visit);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] const array_visitor& visit) {
      if constexpr (requires(Layer& x) { x.arrays(visit); }) static_cast<Layer*>(l)->arrays(visit);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] const array_visitor& visit) {
      if constexpr (requires(Layer& x) { x.checkpoint_arrays(visit); })
        static_cast<Layer*>(l)->checkpoint_arrays(visit);
      else if constexpr (requires(Layer& x) { x.arrays(visit); }) static_cast<Layer*>(l)->arrays(visit);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] const array_visitor& visit) {
      if constexpr (requires(Layer& x) { x.statistics(visit); }) static_cast<Layer*>(l)->statistics(visit);
    },
    []([[maybe_unused]] void* l) -> std::span<const float> {
      if constexpr (requires(Layer& x) { x.unsound_state(); }) return static_cast<Layer*>(l)->unsound_state();
      else return {};
    },
    has_parameters<Layer>,
    reads_codes<Layer>,
};

/// Describes a layer to a network without a model type; does not include the layer's address.
struct layer_entry {
  const layer_functions* functions;
  std::string_view path;
  shape out;
  std::size_t from;    ///< index of the layer whose result is the input, or image_input
  std::size_t second;  ///< as `from`, for the second input of a join
};

}  // namespace detail

}  // namespace minnow
