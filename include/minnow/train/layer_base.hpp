#pragma once

#include <concepts>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>

#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/quantize/real.hpp>
#include <minnow/train/trainable.hpp>

/// Base classes of trainable layers. They declare every function that the library calls on a layer. Derived classes
/// mark their functions `override`, so that a misspelled name or a wrong parameter does not compile.
namespace minnow {

/// A function that is called with each parameter of a layer.
using parameter_visitor = std::function<void(const parameter&)>;
/// A function that is called with the name and the numbers of each array of a layer.
using array_visitor = std::function<void(std::string_view name, std::span<float> values)>;

/// The functions that layers with one input and layers with two inputs share. Each function has a default, which in
/// most cases does nothing.
class layer_hooks {
public:
  virtual ~layer_hooks() = default;

  /// Draws the initial parameters. Called once, when the network is created.
  virtual void start(random /*draws*/, initializer /*how*/) {}

  /// Calls visit(parameter) for each tensor that the optimizer updates. Called after each backward pass; the visitor
  /// may change the values. A layer that visits none is not trained. The order must be the same in every call.
  virtual void parameters(const parameter_visitor& /*visit*/) {}

  /// Calls visit(name, values) for each array that a file stores, including the parameters. Called when a network is
  /// saved, loaded, packed or copied; the visitor may change the values.
  virtual void arrays(const array_visitor& /*visit*/) {}

  /// Like `arrays`, but for use between two steps of a run: it must not change what the next step computes. Called for
  /// each checkpoint, and when a run resumes from one.
  virtual void checkpoint_arrays(const array_visitor& visit) { arrays(visit); }

  /// Called after new weights were written through `arrays`. The layer then discards what it measured on the old
  /// weights, such as scales and codes.
  virtual void weights_replaced() {}

  /// Calls visit(name, values) for the arrays that `reestimate_batch_norm` replaces.
  virtual void statistics(const array_visitor& /*visit*/) {}

  /// Returns the floats of the first quantizer state that cannot be packed; empty if there is none. Packing, saving and
  /// loading refuse such a state.
  [[nodiscard]] virtual std::span<const float> unsound_state() { return {}; }

  /// Returns false if the layer is a quantizer whose output decreases somewhere as its input increases. Called before
  /// packing, which refuses such a layer.
  [[nodiscard]] virtual bool increasing() const { return true; }

  /// Returns true if the layer reads codes with their scale (`activations::scale`). For other layers, the network first
  /// converts codes to values.
  [[nodiscard]] virtual bool reads_codes() const noexcept { return false; }

protected:
  layer_hooks() = default;
  layer_hooks(const layer_hooks&) = default;
  layer_hooks(layer_hooks&&) = default;
  layer_hooks& operator=(const layer_hooks&) = default;
  layer_hooks& operator=(layer_hooks&&) = default;
};

/// Base class of a trainable layer. An exception that its functions throw reaches the caller of the network, also from
/// within parallel_for.
class layer_base : public layer_hooks {
public:
  /// Computes `out` from `in`. Both have the same number of images; `out.data` has room for them.
  virtual void forward(const activations& in, activations& out, const pass& p) = 0;

  /// Computes the gradients of the parameters and of the inputs. Overwrites the gradients of the last batch.
  ///
  /// in, out    as in the last forward pass
  /// grad_out   gradient of each number of `out`
  /// grad_in    receives the gradient of each number of `in`; null if no layer needs it
  virtual void backward(const activations& in, const activations& out, const float* grad_out, float* grad_in,
                        const pass& p) = 0;
};

/// Base class of a trainable layer that joins two results of earlier layers. It accepts both codes and values.
class join_base : public layer_hooks {
public:
  /// Computes `out` from the result of the body and the result of the other branch.
  virtual void forward(const activations& body, const activations& other, activations& out, const pass& p) = 0;

  /// Computes the gradients of both inputs. A pointer is null if no layer needs the gradient.
  virtual void backward(const activations& out, const float* grad_out, float* grad_body, float* grad_other,
                        const pass& p) = 0;

  [[nodiscard]] bool reads_codes() const noexcept final { return true; }
};

/// Tells a layer about its neighbors in the network. A layer that needs this information has the constructor
/// trainable(shape in, const wiring<Inputs>&) in addition to trainable(shape in).
///
/// Inputs  the quantizer whose codes the layer reads; `real` if it reads values
template <quantizer Inputs = real>
struct wiring {
  using inputs = Inputs;
  /// True if a product or a layer with two inputs (`join_base`) reads the result. A quantizer then outputs codes.
  bool feeds_codes = false;
  bool next_applies_norm = false;  ///< true if the next layer can apply a batch norm's function in its own pass
};

/// A class that can implement the training of a layer.
template <class Layer>
concept trainable_layer = (std::derived_from<Layer, layer_base> && std::constructible_from<Layer, shape>) ||
                          (std::derived_from<Layer, join_base> && std::constructible_from<Layer, shape, shape>);

namespace detail {

/// False if a function of the layer, for example a template, hides a virtual function of the base class instead of
/// overriding it.
template <class Layer>
concept overrides_hooks = requires {
  requires std::is_convertible_v<decltype(&Layer::start), void (Layer::*)(random, initializer)>;
  requires std::is_convertible_v<decltype(&Layer::parameters), void (Layer::*)(const parameter_visitor&)>;
  requires std::is_convertible_v<decltype(&Layer::arrays), void (Layer::*)(const array_visitor&)>;
  requires std::is_convertible_v<decltype(&Layer::checkpoint_arrays), void (Layer::*)(const array_visitor&)>;
  requires std::is_convertible_v<decltype(&Layer::statistics), void (Layer::*)(const array_visitor&)>;
  requires std::is_convertible_v<decltype(&Layer::unsound_state), std::span<const float> (Layer::*)()>;
  requires std::is_convertible_v<decltype(&Layer::weights_replaced), void (Layer::*)()>;
  requires std::is_convertible_v<decltype(&Layer::increasing), bool (Layer::*)() const>;
  requires std::is_convertible_v<decltype(&Layer::reads_codes), bool (Layer::*)() const>;
};

}  // namespace detail

}  // namespace minnow
