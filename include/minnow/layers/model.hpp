#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/input.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/layers/quantize.hpp>

namespace minnow {

/// A network's description: its input and its layers. Derive a struct from it to give it a short name:
///
///   struct lenet : model<image<1, 28, 28>, conv<32, minw<1, 1>>, batch_norm, …> {};
template <class Input, class... Layers>
struct model {
  static_assert(requires { { Input::dimensions } -> std::convertible_to<shape>; },
                "minnow: a model begins with its input: image<C, H, W>, signal<C, L> or features<N>");
  static_assert(sizeof...(Layers) > 0, "minnow: a model has at least one layer");
  using input = Input;
  using parts = list<Layers...>;
};

namespace detail {

template <class A, class B>
struct concat;
template <class... A, class... B>
struct concat<list<A...>, list<B...>> {
  using type = list<A..., B...>;
};

/// A written layer as the primitive layers that it stands for, with their paths below the writer's.
template <class Layer>
struct expansion {
  using type = list<Layer>;
  template <class Out>
  static constexpr void paths(text prefix, Out&& out) {
    out(prefix);
  }
};

template <class... Parts>
struct expansion<list<Parts...>> {
  template <class... Lists>
  struct joined {
    using type = list<>;
  };
  template <class First, class... Rest>
  struct joined<First, Rest...> {
    using type = typename concat<First, typename joined<Rest...>::type>::type;
  };
  using type = typename joined<typename expansion<Parts>::type...>::type;

  template <class Out>
  static constexpr void paths(text prefix, Out&& out) {
    int index = 0;
    const text dot = prefix.view().empty() ? text() : text(".");
    (expansion<Parts>::paths(text(prefix) << dot << index++, out), ...);
  }
};

template <class... Parts>
struct expansion<chain<Parts...>> : expansion<list<Parts...>> {};

/// scheme<I, W> quantizes inputs on its own; a bare `real` needs no pass.
template <class Inputs, class Product>
struct product_expansion {
  using type = list<quantize<Inputs>, Product>;
  template <class Out>
  static constexpr void paths(text prefix, Out&& out) {
    out(text(prefix) << ".inputs");
    out(prefix);
  }
};
template <class Product>
struct product_expansion<real, Product> : expansion<Product> {};

template <int Filters, class I, class W, class... Options>
struct expansion<conv<Filters, scheme<I, W>, Options...>>
    : product_expansion<typename scheme<I, W>::inputs, conv<Filters, W, Options...>> {};
template <int Units, class I, class W>
struct expansion<dense<Units, scheme<I, W>>> : product_expansion<typename scheme<I, W>::inputs, dense<Units, W>> {};

template <std::size_t I, class List>
struct element;
template <std::size_t I, class First, class... Rest>
struct element<I, list<First, Rest...>> : element<I - 1, list<Rest...>> {};
template <class First, class... Rest>
struct element<0, list<First, Rest...>> {
  using type = First;
};

/// The quantizer in which a layer hands on its output.
template <class Layer>
struct quantizer_of {
  using type = real;
};
template <class Q>
struct quantizer_of<quantize<Q>> {
  using type = Q;
};
template <class Layer>
inline constexpr bool quantizes = false;
template <class Q>
inline constexpr bool quantizes<quantize<Q>> = true;

template <std::size_t I, class List>
struct quantizer_before : quantizer_of<typename element<I - 1, List>::type> {};
template <class List>
struct quantizer_before<0, List> {
  using type = real;
};

template <fault Fault, std::size_t Index, class Layer, shape Input>
struct composition {
  static_assert(Fault != fault::window_too_large, "minnow: the layer's window is larger than its padded input");
  static_assert(Fault != fault::pixels_not_first, "minnow: pixels can only be the inputs of the first layer");
  static_assert(Fault != fault::input_quantizer,
                "minnow: this quantizer is for weights: on inputs its scale or threshold does not factor out of the product");
  static_assert(Fault != fault::weight_quantizer, "minnow: this quantizer is for inputs, not for weights");
  static_assert(Fault != fault::sum_overflow, "minnow: sums of this many products do not fit in 32 bits");
  static_assert(Fault != fault::layer_specific, "minnow: the layer refuses the shape of its input");
  static constexpr bool sound = Fault == fault::none;
};

template <class Layer, std::size_t Index>
struct known_layer {
  static_assert(layer<Layer>, "minnow: this is not a layer (a layer is an empty type with name(), output(shape) and check(shape))");
  static constexpr bool value = layer<Layer>;
};

template <class List>
struct size_of;
template <class... Layers>
struct size_of<list<Layers...>> : std::integral_constant<std::size_t, sizeof...(Layers)> {};

}  // namespace detail

/// A model as a flat sequence of primitive layers: chains opened, schemes split into quantize and product. Shapes are
/// worked out once, up to the first layer that does not fit, which is then named with its index and input shape.
template <class Model>
class flat {
  using layers = typename detail::expansion<typename Model::parts>::type;

public:
  static constexpr std::size_t count = detail::size_of<layers>::value;

  template <std::size_t I>
  using layer = typename detail::element<I, layers>::type;

  /// The quantizer of layer I's inputs: that of a quantize layer directly before it, else `real`.
  template <std::size_t I>
  using inputs_of = typename detail::quantizer_before<I, layers>::type;

  /// Stable paths: "2.0" is part 0 of the model's layer 2, "2.0.inputs" the quantizer of its inputs.
  static constexpr std::array<text, count> paths = [] {
    std::array<text, count> result;
    std::size_t i = 0;
    detail::expansion<typename Model::parts>::paths(text(), [&](const text& path) { result[i++] = path; });
    return result;
  }();

  static constexpr std::size_t find(std::string_view path) {
    for (std::size_t i = 0; i < count; ++i)
      if (paths[i].view() == path) return i;
    return count;
  }

private:
  struct walk_result {
    std::array<shape, count + 1> shapes{};
    fault why = fault::none;
    std::size_t where = 0;
  };

  template <std::size_t I>
  static constexpr bool step(walk_result& r) {
    using L = layer<I>;
    if constexpr (detail::known_layer<L, I>::value) {
      r.where = I;
      r.why = L::check(r.shapes[I]);
      if constexpr (product_layer<L>) {
        if (r.why == fault::none && !L::weights::usable(role::weights)) r.why = fault::weight_quantizer;
        if (r.why == fault::none && L::over(r.shapes[I]).inputs() > detail::longest_sum<inputs_of<I>, typename L::weights>())
          r.why = fault::sum_overflow;
      }
      if (I > 0 && std::is_same_v<L, quantize<pixels>> && r.why == fault::none) r.why = fault::pixels_not_first;
      if (r.why != fault::none) return false;
      r.shapes[I + 1] = L::output(r.shapes[I]);
      return true;
    }
    return false;
  }

  static constexpr walk_result walk = []<std::size_t... I>(std::index_sequence<I...>) {
    walk_result r;
    r.shapes[0] = Model::input::dimensions;
    (step<I>(r) && ...);
    return r;
  }(std::make_index_sequence<count>{});

  // Says what is wrong, if anything is.
  using checked = std::bool_constant<detail::composition<walk.why, walk.where, layer<walk.where>, walk.shapes[walk.where]>::sound>;

public:
  static constexpr shape input = Model::input::dimensions;
  static constexpr shape output = walk.shapes[count];
  template <std::size_t I>
  static constexpr shape in = walk.shapes[I];
  template <std::size_t I>
  static constexpr shape out = walk.shapes[I + 1];

  /// Identifies the model in files: input shape and every layer's path and name, never a compiler's type name.
  static constexpr std::uint64_t fingerprint = []<std::size_t... I>(std::index_sequence<I...>) {
    std::uint64_t h = hash((text("input ") << input.channels << "x" << input.height << "x" << input.width).view());
    ((h = hash(paths[I].view(), h), h = hash("=", h), h = hash(layer<I>::name().view(), h), h = hash(";", h)), ...);
    return h;
  }(std::make_index_sequence<count>{});

  /// Whether images arrive as bytes that are the first layer's codes.
  static constexpr bool takes_pixels = std::is_same_v<layer<0>, quantize<pixels>>;
};

}  // namespace minnow
