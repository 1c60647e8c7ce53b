#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <minnow/core/shape.hpp>
#include <minnow/core/text.hpp>
#include <minnow/layers/graph/builder.hpp>
#include <minnow/layers/graph/composition.hpp>
#include <minnow/layers/graph/lowering.hpp>
#include <minnow/layers/graph/type_list.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/layers/quantize.hpp>

namespace minnow {

namespace detail {

/// The quantizer of a layer's output: Quantizer for quantize<Quantizer>, else `real`.
template <class Layer>
struct quantizer_of {
  using type = real;
};
template <class Quantizer>
struct quantizer_of<quantize<Quantizer>> {
  using type = Quantizer;
};
template <class Layer>
inline constexpr bool quantizes = false;
template <class Quantizer>
inline constexpr bool quantizes<quantize<Quantizer>> = true;
/// True for a quantize layer whose codes are the bytes of an image.
template <class Layer>
inline constexpr bool quantizes_image = false;
template <class Quantizer>
inline constexpr bool quantizes_image<quantize<Quantizer>> = reads_image<Quantizer>;

template <class Flat, std::size_t From>
struct input_quantizer : quantizer_of<typename Flat::template layer<From>> {};
template <class Flat>
struct input_quantizer<Flat, image_input> {
  using type = real;
};

}  // namespace detail

/// A model as a sequence of primitive layers: chains are expanded, and schemes are split into quantize and product.
/// Shapes are computed once, up to the first layer that does not fit. The compile error then names the index and the
/// input shape of this layer.
template <class Model>
class layer_graph {
  using layers = typename detail::expansion<typename Model::parts>::type;

public:
  static constexpr std::size_t count = detail::size_of<layers>::value;
  static_assert(count > 0, "minnow: a model has at least one layer that is no empty chain");

  template <std::size_t Index>
  using layer = typename decltype(detail::find_indexed<Index>(
      static_cast<const detail::indexed_list<std::make_index_sequence<count>, layers>*>(nullptr)))::type;

private:
  static constexpr detail::graph<count> graph = [] {
    detail::graph<count> g;
    detail::expansion<typename Model::parts>::describe(text(), g);
    return g;
  }();
  static constexpr std::array<bool, count> code_sources = []<std::size_t... Other>(std::index_sequence<Other...>) {
    std::array<bool, count> sources{};
    const std::array<bool, count> takes_codes{(product_layer<layer<Other>> || join_layer<layer<Other>>)...};
    for (std::size_t j = 0; j < count; ++j)
      for (const std::size_t source : {graph.from[j], graph.second[j]})
        if (takes_codes[j] && source != detail::image_input) sources[source] = true;
    return sources;
  }(std::make_index_sequence<count>{});

public:
  /// The layer whose result is layer I's input, or detail::image_input.
  template <std::size_t Index>
  static constexpr std::size_t from = graph.from[Index];
  /// The layer whose result is layer I's second input, if it has two, or detail::image_input.
  template <std::size_t Index>
  static constexpr std::size_t second = graph.second[Index];
  /// Number of layer inputs that read the layer's result, or the image.
  static constexpr int readers(std::size_t layer) {
    return layer == detail::image_input ? graph.image_readers : graph.readers[layer];
  }
  /// True if layer I + 1 reads layer I as its input (as its first input, if it has two) and nothing else reads layer I.
  template <std::size_t Index>
  static constexpr bool feeds_next = [] {
    if constexpr (Index + 1 < count) return graph.from[Index + 1] == Index && graph.readers[Index] == 1;
    else return false;
  }();

  /// True if a layer that accepts codes with their scale (a product or a layer with two inputs) reads layer I.
  template <std::size_t Index>
  static constexpr bool feeds_codes = code_sources[Index];

  /// The quantizer of layer I's inputs: the quantizer of the quantize layer that it reads, else `real`.
  template <std::size_t Index>
  using inputs_of = typename detail::input_quantizer<layer_graph, graph.from[Index]>::type;

  /// A path for each layer, which files use: "2.0" is part 0 of the model's layer 2, and "2.0.inputs" is the quantizer
  /// of its inputs.
  static constexpr std::array<text, count> paths = graph.paths;

  static constexpr std::size_t find(std::string_view path) {
    for (std::size_t i = 0; i < count; ++i)
      if (paths[i].view() == path) return i;
    return count;
  }

private:
  struct walk_result {
    std::array<shape, count> shapes{};  ///< output shapes
    fault why = fault::none;
    std::size_t where = 0;

    [[nodiscard]] constexpr shape of(std::size_t layer) const {
      return layer == detail::image_input ? Model::input::dimensions : shapes[layer];
    }
  };

  template <std::size_t Index>
  static constexpr bool step(walk_result& r) {
    using Layer = layer<Index>;
    if constexpr (detail::known_layer<Layer, Index>::value) {
      const shape in = r.of(graph.from[Index]);
      r.where = Index;
      if constexpr (join_layer<Layer>) {
        r.why = Layer::check(in, r.of(graph.second[Index]));
        if (r.why == fault::none) r.shapes[Index] = Layer::output(in, r.of(graph.second[Index]));
      } else {
        r.why = Layer::check(in);
        if constexpr (product_layer<Layer>) {
          if (r.why == fault::none && !Layer::weights::supports(role::weights)) r.why = fault::weight_quantizer;
          if (r.why == fault::none && affine_quantizer<inputs_of<Index>> && !is_integer(Layer::weights::storage))
            r.why = fault::zero_point;
          if (r.why == fault::none && !Layer::over(in).has_countable_weights()) r.why = fault::too_large;
          if (r.why == fault::none &&
              Layer::over(in).inputs() > detail::longest_sum<inputs_of<Index>, typename Layer::weights>())
            r.why = fault::sum_overflow;
        }
        if (Index > 0 && detail::quantizes_image<Layer> && r.why == fault::none) r.why = fault::pixels_not_first;
        if (Index == 0 && detail::quantizes_image<Layer> && graph.image_readers > 1 && r.why == fault::none)
          r.why = fault::image_shared;
        if (r.why == fault::none) r.shapes[Index] = Layer::output(in);
      }
      if (r.why == fault::none && !r.shapes[Index].is_sound()) r.why = fault::too_large;
      return r.why == fault::none;
    }
    return false;
  }

  static constexpr walk_result walk = []<std::size_t... Index>(std::index_sequence<Index...>) {
    walk_result r;
    // Loops over an array of functions, because clang limits fold expressions to 256 operands.
    constexpr std::array<bool (*)(walk_result&), count> steps{&step<Index>...};
    for (const auto one : steps)
      if (!one(r)) break;
    return r;
  }(std::make_index_sequence<count>{});

  // Fails to compile with the message for the fault, if there is one.
  using checked = std::bool_constant<
      detail::composition<walk.why, walk.where, layer<walk.where>, walk.of(graph.from[walk.where])>::sound>;

public:
  static constexpr shape input = Model::input::dimensions;
  static constexpr shape output = walk.shapes[count - 1];
  template <std::size_t Index>
  static constexpr shape in = walk.of(graph.from[Index]);
  template <std::size_t Index>
  static constexpr shape second_in = walk.of(graph.second[Index]);
  template <std::size_t Index>
  static constexpr shape out = walk.shapes[Index];

  /// Identifies the model in files. It is a hash of the input shape, of every layer's path and name, and of
  /// `Model::variant` if the model has one (as `fixed_point<Model>` does). It does not depend on the compiler's names
  /// of types.
  static constexpr std::uint64_t fingerprint = []<std::size_t... Index>(std::index_sequence<Index...>) {
    std::uint64_t h = hash((text("input ") << input.channels << "x" << input.height << "x" << input.width).view());
    ((h = hash(paths[Index].view(), h), h = hash("=", h), h = hash(layer<Index>::name().view(), h), h = hash(";", h)),
     ...);
    if constexpr (requires { Model::variant; }) h = hash(Model::variant, h);
    return h;
  }(std::make_index_sequence<count>{});

  /// True if the model begins with the quantizer `pixels` or `unsigned_pixels`: the bytes of the input images are then
  /// used as codes.
  static constexpr bool takes_pixels = detail::quantizes_image<layer<0>>;
};

/// Old name of `layer_graph`.
template <class Model>
using flat [[deprecated("minnow: renamed to layer_graph")]] = layer_graph<Model>;

}  // namespace minnow
