#pragma once

#include <concepts>

#include <minnow/core/shape.hpp>
#include <minnow/core/text.hpp>

namespace minnow {

/// Why a layer cannot follow the one before it. Each has its sentence in `detail::composition`.
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
  sum_overflow,
  branches_differ,
  layer_specific
};

/// A layer's description: an empty type that says what is computed and has no state.
///
///   name()       stable name with its parameters; goes into file fingerprints
///   output(in)   the shape it makes of `in`
///   check(in)    fault::none, or why it cannot take `in`
template <class Layer>
concept layer = std::is_empty_v<Layer> && requires(shape in) {
  { Layer::name() } -> std::convertible_to<text>;
  { Layer::output(in) } -> std::convertible_to<shape>;
  { Layer::check(in) } -> std::convertible_to<fault>;
};

/// A layer of two inputs, where the branches of a fork meet: what the body makes, and what comes the other way.
///
///   name(), output(body, other), check(body, other)   as a layer's
template <class Layer>
concept join_layer = std::is_empty_v<Layer> && requires(shape in) {
  { Layer::name() } -> std::convertible_to<text>;
  { Layer::output(in, in) } -> std::convertible_to<shape>;
  { Layer::check(in, in) } -> std::convertible_to<fault>;
};

namespace detail {

/// What tables show of a layer's or quantizer's name: its first parameter where that is a number, what it wraps where it has no
/// other: "conv<32,sign,3x3>" as "conv<32>", "quantize<integer<8,per_channel>>" as "quantize<integer<8>>".
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
/// The same of a layer's type.
template <class Layer>
inline constexpr text short_name_of = [] {
  const text name = Layer::name();
  return short_name(name.view());
}();

}  // namespace detail

/// What layers have in common that keep the shape and take any input.
struct same_shape {
  static constexpr shape output(shape in) noexcept { return in; }
  static constexpr fault check(shape) noexcept { return fault::none; }
};

/// A layer that is a function of one number and knows its derivative:
///
///   apply(x), slope(x)   for a float and, when they are templates, for a SIMD batch alike
///   rises                x <= y implies apply(x) <= apply(y), so that packing may fold it into thresholds
///
/// and where it wants them
///
///   clip                 the interval that apply limits x to: apply does that and nothing else
template <class Layer>
concept elementwise = layer<Layer> && requires(float x) {
  { Layer::apply(x) } -> std::convertible_to<float>;
  { Layer::slope(x) } -> std::convertible_to<float>;
  { Layer::rises } -> std::convertible_to<bool>;
};

/// Layers in the order of their application.
template <class... Layers>
struct list {};

/// Several layers under one name; part 1 of chain 2 has the path "2.1".
template <class... Layers>
struct chain {
  using parts = list<Layers...>;
};

}  // namespace minnow
