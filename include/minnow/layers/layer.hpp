#pragma once

#include <concepts>

#include <minnow/core/shape.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// The reasons why a layer cannot follow the layer before it. `detail::composition` has a message for each.
enum class fault {
  none,
  window_too_large,
  too_large,
  higher_than_signal,
  longer_than_signal,
  not_a_signal,
  uneven_groups,
  pixels_not_first,
  image_shared,
  input_quantizer,
  weight_quantizer,
  zero_point,
  sum_overflow,
  branches_differ,
  layer_specific
};

/// A layer's description: an empty type that says what is computed and has no state.
///
///   name()      stable name with the layer's parameters; part of file fingerprints
///   output(in)  the output shape for the input shape `in`
///   check(in)   fault::none, or the reason why the layer cannot take the input shape `in`
template <class Layer>
concept layer = std::is_empty_v<Layer> && requires(shape in) {
  { Layer::name() } -> std::convertible_to<text>;
  { Layer::output(in) } -> std::convertible_to<shape>;
  { Layer::check(in) } -> std::convertible_to<fault>;
};

/// A layer that joins two branches that start from the same input, such as `add`. In the functions, `body` is the
/// output shape of the main branch, and `other` is the output shape of the other branch, for example a shortcut.
///
///   name(), output(body, other), check(body, other)   as for a layer
template <class Layer>
concept join_layer = std::is_empty_v<Layer> && requires(shape in) {
  { Layer::name() } -> std::convertible_to<text>;
  { Layer::output(in, in) } -> std::convertible_to<shape>;
  { Layer::check(in, in) } -> std::convertible_to<fault>;
};

namespace detail {

/// The short name of a layer or quantizer, for printed tables. It keeps the first parameter if that is a number, and
/// the only parameter if that is a type: "conv<32,sign,3x3>" becomes "conv<32>", "quantize<integer<8,per_channel>>"
/// becomes "quantize<integer<8>>".
[[nodiscard]] constexpr text short_name(std::string_view name) {
  const std::size_t open = name.find('<');
  if (open == std::string_view::npos) return text(name);
  const std::string_view head = name.substr(0, open);
  const std::string_view parameters = name.substr(open + 1, name.size() - open - 2);
  std::size_t comma = 0;
  for (int depth = 0; comma < parameters.size() && (depth > 0 || parameters[comma] != ','); ++comma)
    depth += (parameters[comma] == '<') - (parameters[comma] == '>');
  const std::string_view first = parameters.substr(0, comma);
  if (first[0] >= '0' && first[0] <= '9') return text(head) << "<" << first << ">";
  return comma == parameters.size() ? text(head) << "<" << short_name(first) << ">" : text(head);
}
/// The short name of a layer's type.
template <class Layer>
inline constexpr text short_name_of = [] {
  const text name = Layer::name();
  return short_name(name.view());
}();

}  // namespace detail

/// Base class of layers that keep the shape and take any input.
struct same_shape {
  static constexpr shape output(shape in) noexcept { return in; }
  static constexpr fault check(shape) noexcept { return fault::none; }
};

/// A layer that applies a function of one number to each element, and provides the derivative of this function:
///
///   apply(x), slope(x)  the function and its derivative, for a float and, if they are templates, for a SIMD batch
///   increasing          true if x <= y implies apply(x) <= apply(y); packing may then fold the layer into integer
///                       thresholds (infer/thresholds.hpp)
///
/// Optional members:
///
///   clip  an interval; apply limits x to it and does nothing else
template <class Layer>
concept elementwise = layer<Layer> && requires(float x) {
  { Layer::apply(x) } -> std::convertible_to<float>;
  { Layer::slope(x) } -> std::convertible_to<float>;
  { Layer::increasing } -> std::convertible_to<bool>;
};

/// Layers in the order in which they are applied.
template <class... Layers>
struct list {};

/// Several layers used as one. If layer 2 of a model is a chain, part 1 of the chain has the path "2.1". Both numbers
/// count from 0.
template <class... Layers>
struct chain {
  using parts = list<Layers...>;
};

}  // namespace minnow
