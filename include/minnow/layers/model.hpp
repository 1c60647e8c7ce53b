#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/layers/input.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/layers/model_description.hpp>
#include <minnow/layers/quantize.hpp>

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

namespace detail {

template <class... Lists>
struct concat {
  using type = list<>;
};
template <class... First>
struct concat<list<First...>> {
  using type = list<First...>;
};
template <class... First, class... Second, class... Rest>
struct concat<list<First...>, list<Second...>, Rest...> : concat<list<First..., Second...>, Rest...> {};

/// The index that denotes the image instead of a layer.
inline constexpr std::size_t the_image = ~std::size_t{0};

/// The graph of a model: for each layer its path and the results that it reads. It is built layer by layer.
template <std::size_t Count>
class graph {
public:
  std::array<text, Count> paths{};
  std::array<std::size_t, Count> from{};    ///< the layer whose result is the input, or the_image
  std::array<std::size_t, Count> second{};  ///< of a join: the layer of its second input, or the_image
  std::array<int, Count> readers{};         ///< number of layer inputs that read this result
  int image_readers = 0;                    ///< number of layer inputs that read the image

  constexpr void layer(const text& path) {
    paths[count_] = path;
    from[count_] = read(here_);
    second[count_] = the_image;
    here_ = count_++;
  }
  /// Two branches will read the current result.
  constexpr void fork() { forks_[depth_++] = here_; }
  /// Ends the first branch and starts the second one at the fork.
  constexpr void turn() { (std::swap)(here_, forks_[depth_ - 1]); }
  /// Joins the branches. The result of the branch that was built last is the join's first input.
  constexpr void join(const text& path) {
    const std::size_t at = count_;
    layer(path);
    second[at] = read(forks_[--depth_]);
  }

private:
  constexpr std::size_t read(std::size_t layer) {
    ++(layer == the_image ? image_readers : readers[layer]);
    return layer;
  }

  std::size_t count_ = 0;
  std::size_t here_ = the_image;
  std::array<std::size_t, 16> forks_{};
  std::size_t depth_ = 0;
};

/// The primitive layers that a layer of the description expands to. Their paths start with the path of the described
/// layer.
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
    [[maybe_unused]] int index = 0;
    [[maybe_unused]] const text dot = prefix.view().empty() ? text() : text(".");
    (expansion<Parts>::describe(text(prefix) << dot << index++, out), ...);
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

/// Finds element I of a list by overload resolution, so that the cost does not grow with I.
template <std::size_t Index, class Layer>
struct indexed {
  using type = Layer;
};
template <class Indices, class List>
struct indexed_list;
template <std::size_t... Index, class... Layers>
struct indexed_list<std::index_sequence<Index...>, list<Layers...>> : indexed<Index, Layers>... {};

template <std::size_t Index, class Layer>
indexed<Index, Layer> find_indexed(const indexed<Index, Layer>*);

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

template <class Flat, std::size_t From>
struct input_quantizer : quantizer_of<typename Flat::template layer<From>> {};
template <class Flat>
struct input_quantizer<Flat, the_image> {
  using type = real;
};

template <fault Fault, std::size_t Index, class Layer, shape Input>
struct composition {
  static_assert(Fault != fault::window_too_large, "minnow: the layer's window is larger than its padded input");
  static_assert(Fault != fault::too_large,
                "minnow: the layer's weights and its output have at most 2^31-1 numbers each");
  static_assert(Fault != fault::higher_than_signal,
                "minnow: the layer's window is higher than its input, whose height is 1: layers of signals are "
                "conv_1d, depthwise_conv_1d, max_pool_1d and average_pool_1d");
  static_assert(Fault != fault::longer_than_signal, "minnow: the layer's window is longer than the padded signal");
  static_assert(Fault != fault::not_a_signal,
                "minnow: the layer takes signals, whose height is 1; layers of images are conv, depthwise_conv, "
                "max_pool and average_pool");
  static_assert(Fault != fault::uneven_groups,
                "minnow: a convolution's channels and its filters are multiples of its groups");
  static_assert(Fault != fault::pixels_not_first, "minnow: pixels can only be the inputs of the first layer");
  static_assert(Fault != fault::image_shared,
                "minnow: where pixels take the image as its bytes, no other layer may read the image");
  static_assert(
      Fault != fault::input_quantizer,
      "minnow: this quantizer is for weights: on inputs its scale or threshold does not factor out of the product");
  static_assert(Fault != fault::weight_quantizer, "minnow: this quantizer is for inputs, not for weights");
  static_assert(Fault != fault::sum_overflow, "minnow: sums of this many products do not fit in 32 bits");
  static_assert(Fault != fault::branches_differ, "minnow: a join's branches make different shapes");
  static_assert(Fault != fault::layer_specific, "minnow: the layer refuses the shape of its input");
  static constexpr bool sound = Fault == fault::none;
};

template <class Layer, std::size_t Index>
struct known_layer {
  static_assert(layer<Layer> || join_layer<Layer>,
                "minnow: this is not a layer (a layer is an empty type with name(), output(shape) and check(shape))");
  static constexpr bool value = layer<Layer> || join_layer<Layer>;
};

template <class List>
struct size_of;
template <class... Layers>
struct size_of<list<Layers...>> : std::integral_constant<std::size_t, sizeof...(Layers)> {};

}  // namespace detail

/// A model as a flat sequence of primitive layers: chains are expanded, and schemes are split into quantize and
/// product. Shapes are computed once, up to the first layer that does not fit; the error then names its index and input
/// shape.
template <class Model>
class flat {
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
        if (takes_codes[j] && source != detail::the_image) sources[source] = true;
    return sources;
  }(std::make_index_sequence<count>{});

public:
  /// The layer whose result is layer I's input, or detail::the_image.
  template <std::size_t Index>
  static constexpr std::size_t from = graph.from[Index];
  /// The layer whose result is a join's second input, or detail::the_image.
  template <std::size_t Index>
  static constexpr std::size_t second = graph.second[Index];
  /// Number of layer inputs that read the layer's result, or the image.
  static constexpr int readers(std::size_t layer) {
    return layer == detail::the_image ? graph.image_readers : graph.readers[layer];
  }
  /// Whether layer I + 1 reads layer I as its input (of a join: its first input) and no other input reads layer I.
  template <std::size_t Index>
  static constexpr bool feeds_next = [] {
    if constexpr (Index + 1 < count) return graph.from[Index + 1] == Index && graph.readers[Index] == 1;
    else return false;
  }();

  /// Whether a layer that accepts codes with their scale (a product or a join) reads layer I.
  template <std::size_t Index>
  static constexpr bool feeds_codes = code_sources[Index];

  /// The quantizer of layer I's inputs: the quantizer of the quantize layer that it reads, else `real`.
  template <std::size_t Index>
  using inputs_of = typename detail::input_quantizer<flat, graph.from[Index]>::type;

  /// Stable paths: "2.0" is part 0 of the model's layer 2, and "2.0.inputs" is the quantizer of its inputs.
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
      return layer == detail::the_image ? Model::input::dimensions : shapes[layer];
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
          if (r.why == fault::none && !Layer::weights::usable(role::weights)) r.why = fault::weight_quantizer;
          if (r.why == fault::none &&
              Layer::over(in).inputs() > detail::longest_sum<inputs_of<Index>, typename Layer::weights>())
            r.why = fault::sum_overflow;
        }
        if (Index > 0 && std::is_same_v<Layer, quantize<pixels>> && r.why == fault::none)
          r.why = fault::pixels_not_first;
        if (Index == 0 && std::is_same_v<Layer, quantize<pixels>> && graph.image_readers > 1 && r.why == fault::none)
          r.why = fault::image_shared;
        if (r.why == fault::none) r.shapes[Index] = Layer::output(in);
      }
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

  /// Identifies the model in files. It is a hash of the input shape and of every layer's path and name, never of a
  /// compiler's type name, and of the `variant` of a model that is packed in another way.
  static constexpr std::uint64_t fingerprint = []<std::size_t... Index>(std::index_sequence<Index...>) {
    std::uint64_t h = hash((text("input ") << input.channels << "x" << input.height << "x" << input.width).view());
    ((h = hash(paths[Index].view(), h), h = hash("=", h), h = hash(layer<Index>::name().view(), h), h = hash(";", h)),
     ...);
    if constexpr (requires { Model::variant; }) h = hash(Model::variant, h);
    return h;
  }(std::make_index_sequence<count>{});

  /// Whether the input images are bytes that are the first layer's codes.
  static constexpr bool takes_pixels = std::is_same_v<layer<0>, quantize<pixels>>;
};

}  // namespace minnow
