#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <minnow/estimate/concept.hpp>
#include <minnow/estimate/ste.hpp>
#include <minnow/estimate/unbiased.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/batch_norm.hpp>
#include <minnow/train/layers/bias.hpp>
#include <minnow/train/layers/channel_magnitude.hpp>
#include <minnow/train/layers/elementwise.hpp>
#include <minnow/train/layers/join.hpp>
#include <minnow/train/layers/multi_threshold.hpp>
#include <minnow/train/layers/pad_channels.hpp>
#include <minnow/train/layers/pool.hpp>
#include <minnow/train/layers/product.hpp>
#include <minnow/train/layers/quantize.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow {

namespace detail {

/// Estimator of a layer. It is void for layers without an estimator, so that such layers are instantiated once for all
/// networks.
template <class Layer, class Weights, class Inputs>
struct estimator_for {
  using type = void;
};
template <product_layer Layer, class Weights, class Inputs>
struct estimator_for<Layer, Weights, Inputs> {
  using type = Weights;
};
template <class Quantizer, class Weights, class Inputs>
struct estimator_for<quantize<Quantizer>, Weights, Inputs> {
  using type = Inputs;
};

template <class Layer, class Estimator>
struct readable {
  static_assert(!requires { Layer::rises; }, "minnow: `rises` of a layer function is now `increasing`");
  static_assert(trainable_layer<trainable<Layer, Estimator>>,
                "minnow: this layer cannot be trained: specialize minnow::trainable<Layer, Estimator>, derived "
                "from minnow::layer_base");
  static_assert(!trainable_layer<trainable<Layer, Estimator>> || overrides_hooks<trainable<Layer, Estimator>>,
                "minnow: a function of this trainable reading hides a hook of minnow::layer_base: declare it as there, "
                "with `override`");
  using type = trainable<Layer, Estimator>;
};

/// True if only the next layer reads the result of layer Index, and that layer can apply a batch norm's function.
template <class Network, std::size_t Index>
constexpr bool next_applies_norm() {
  if constexpr (minnow::layer_graph<typename Network::model>::template feeds_next<Index>) {
    using next = typename Network::template layer_type<Index + 1>;
    if constexpr (requires { next::applies_norm; }) return next::applies_norm;
  }
  return false;
}

/// Storage of layer Index. To keep symbol names short, the template parameters are the network and the index, not the
/// layer's full type.
template <class Network, std::size_t Index>
struct slot {
  using layer_graph = minnow::layer_graph<typename Network::model>;
  typename Network::template layer_type<Index> layer = [] {
    using type = typename Network::template layer_type<Index>;
    using connections = wiring<typename layer_graph::template inputs_of<Index>>;
    constexpr shape in = layer_graph::template in<Index>;
    if constexpr (join_layer<typename layer_graph::template layer<Index>>)
      return type(in, layer_graph::template second_in<Index>);
    else if constexpr (std::is_constructible_v<type, shape, const connections&>)
      return type(in, connections{layer_graph::template feeds_codes<Index>, next_applies_norm<Network, Index>()});
    else return type(in);
  }();
};

template <class Network, class Indices>
struct layer_slots;
template <class Network, std::size_t... Index>
struct layer_slots<Network, std::index_sequence<Index...>> : slot<Network, Index>... {};

}  // namespace detail

/// The trainable form of a model for one choice of estimators: its float parameters, and the forward and backward
/// passes.
///
/// Model      a struct derived from `model<…>`
/// Weights    the estimator of quantized weights
/// Inputs     the estimator of quantized inputs
template <class Model, class Weights = ste, class Inputs = Weights>
class network : public network_base {
  static_assert(
      !std::is_same_v<Weights, unbiased> && !std::is_same_v<Inputs, unbiased>,
      "minnow: the unbiased stochastic neuron needs the loss and not a gradient: it cannot be a network's estimator");
  static_assert(!detail::estimator_of_0_1<Weights> && !detail::estimator_of_0_1<Inputs>,
                "minnow: the names of an estimator's members have changed: share is now quantized_fraction, noisy "
                "stochastic, step_scale learning_rate_scale");
  static_assert(std::is_same_v<Weights, unbiased> || estimator<Weights>,
                "minnow: network<Model, Weights, Inputs> takes estimators");
  static_assert(std::is_same_v<Inputs, unbiased> || estimator<Inputs>,
                "minnow: network<Model, Weights, Inputs> takes estimators");
  using layer_graph = minnow::layer_graph<Model>;
  static constexpr std::size_t count = layer_graph::count;
  using indices = std::make_index_sequence<count>;

  template <class Layer>
  static constexpr bool quantizes_in() {
    if constexpr (product_layer<Layer>) return is_integer(Layer::weights::storage);
    else if constexpr (detail::quantizes<Layer>)
      return is_integer(Layer::inputs::storage) && !detail::reads_image<typename Layer::inputs>;
    else return false;
  }

public:
  using model = Model;
  using weight_estimator = Weights;
  using input_estimator = Inputs;
  template <std::size_t Index>
  using layer_type = typename detail::readable<
      typename layer_graph::template layer<Index>,
      typename detail::estimator_for<typename layer_graph::template layer<Index>, Weights, Inputs>::type>::type;

  static constexpr int classes = layer_graph::output.size();

  explicit network(seed draws = {}, initializer how = initializer::by_quantizer)
      : network_base(
            layer_graph::input, layer_graph::fingerprint, entries, layer_graph::takes_pixels,
            [](float alpha) { return static_cast<float>(Weights::learning_rate_scale(alpha)); },
            [](float alpha) {
              return quantizes
                         ? 1 - std::min<float>(Weights::quantized_fraction(alpha), Inputs::quantized_fraction(alpha))
                         : 0.0f;
            }) {
    bind(addresses());
    start(random(draws), how);
  }
  network(const network& other) : network_base(other), slots_(other.slots_) { bind(addresses()); }
  network(network&& other) : network_base(std::move(other)), slots_(std::move(other.slots_)) { bind(addresses()); }
  network& operator=(network other) {
    static_cast<network_base&>(*this) = std::move(static_cast<network_base&>(other));
    slots_ = std::move(other.slots_);
    bind(addresses());
    return *this;
  }
  ~network() = default;

  /// Returns the layer whose path is `Path`: net.layer<"2.0">().
  template <literal Path>
  [[nodiscard]] auto& layer() noexcept {
    constexpr std::size_t index = layer_graph::find(Path.view());
    static_assert(index < count, "minnow: the model has no layer of this path");
    return layer_at<index>();
  }
  /// Returns layer Index of the model's primitive layers (see `layer_graph`).
  template <std::size_t Index>
  [[nodiscard]] layer_type<Index>& layer_at() noexcept {
    return static_cast<detail::slot<network, Index>&>(slots_).layer;
  }
  template <std::size_t Index>
  [[nodiscard]] const layer_type<Index>& layer_at() const noexcept {
    return static_cast<const detail::slot<network, Index>&>(slots_).layer;
  }

  /// Calls visitor(path, layer) for every layer, from the first to the last. Each `layer` has its own type.
  template <class Visit>
  void visit(Visit&& visitor) {
    each([&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      visitor(layer_graph::paths[Index].view(), layer_at<Index>());
    });
  }

  /// True if any layer quantizes weights, or inputs other than the image's bytes.
  static constexpr bool quantizes = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (quantizes_in<typename layer_graph::template layer<Index>>() || ...);
  }(indices{});

private:
  template <class Function>
  void each(Function&& f) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (f(std::integral_constant<std::size_t, Index>{}), ...);
    }(indices{});
  }
  static constexpr std::array<detail::layer_entry, count> entries =
      []<std::size_t... Index>(std::index_sequence<Index...>) {
        return std::array<detail::layer_entry, count>{detail::layer_entry{
            layer_graph::paths[Index].view(), layer_graph::template out<Index>, layer_graph::template from<Index>,
            layer_graph::template second<Index>, join_layer<typename layer_graph::template layer<Index>>}...};
      }(indices{});
  [[nodiscard]] std::array<layer_hooks*, count> addresses() noexcept {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return std::array<layer_hooks*, count>{&layer_at<Index>()...};
    }(indices{});
  }

  detail::layer_slots<network, indices> slots_;
};

template <class NoModel, class Weights, class Inputs>
  requires(!model_description<NoModel>)
class network<NoModel, Weights, Inputs> : public detail::reading_of_no_model<NoModel> {
  using detail::reading_of_no_model<NoModel>::reading_of_no_model;
};

/// Old name of `network_base`.
using untyped_network [[deprecated("minnow: renamed to network_base")]] = network_base;

}  // namespace minnow
