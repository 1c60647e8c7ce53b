#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/pack/ends/fixed_average.hpp>
#include <minnow/pack/ends/fixed_point.hpp>
#include <minnow/pack/ends/floats.hpp>
#include <minnow/pack/ends/tflite.hpp>
#include <minnow/pack/ends/thresholds.hpp>
#include <minnow/quantize/statistics.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

namespace detail {

/// Largest `stale_statistics()` that packing accepts. `stale_statistics()` is the mean unquantized fraction (0: fully
/// quantized, 1: floats) of the forward passes that collected a batch norm's statistics.
inline constexpr float most_stale = 1e-3f;

/// Refuses NaNs and infinities. After packing they could go unnoticed, because thresholds and codes are integers.
inline void check_finite(std::span<const float> values, std::string_view path, std::string_view name) {
  for (const float v : values)
    if (!std::isfinite(v))
      require(status::failure("pack: layer %.*s: expected finite numbers in '%.*s', found %f",
                              static_cast<int>(path.size()), path.data(), static_cast<int>(name.size()), name.data(),
                              static_cast<double>(v)));
}

/// Fills a layer's `inferable` from its `trainable`: copies the arrays that have the same name and size in both.
template <class Layer, class Estimator>
void fill(inferable<Layer>& to, trainable<Layer, Estimator>& from, std::string_view path) {
  const auto each = [&](std::string_view name, std::span<float> values) {
    bool found = false;
    const auto match = [&](std::string_view other, std::span<float> trained) {
      if (other != name || trained.size() != values.size()) return;
      std::copy(trained.begin(), trained.end(), values.begin());
      found = true;
    };
    from.arrays(match);
    if (!found)
      require(status::failure(
          "pack: layer %.*s: expected an array '%.*s' of %zu numbers in the trainable reading, found none",
          static_cast<int>(path.size()), path.data(), static_cast<int>(name.size()), name.data(), values.size()));
  };
  visit_arrays(to, each);
}

template <class Estimator>
void fill(inferable<batch_norm>& to, trainable<batch_norm, Estimator>& from, std::string_view path) {
  if (!(from.stale_statistics() <= most_stale))
    require(
        status::failure("pack: layer %.*s: expected batch norm statistics of the quantized network (unquantized "
                        "fraction at most %.3g), "
                        "found %.3g: call reestimate_batch_norm(net, data) first; fit does so at its end",
                        static_cast<int>(path.size()), path.data(), static_cast<double>(most_stale),
                        static_cast<double>(from.stale_statistics())));
  for (int c = 0; c < static_cast<int>(from.gamma().size()); ++c) {
    const affine a = from.evaluated(c);
    check_finite(std::array{a.scale, a.shift}, path, "scale and shift");
    to.set(c, a);
  }
}

/// Refuses weights of which a filter has a larger sum of |code| than `most`.
inline void check_sums(std::span<const float> codes, int filters, int most, std::string_view path) {
  const std::size_t size = codes.size() / index(filters);
  for (int f = 0; f < filters; ++f) {
    const double sum = sum_of_magnitudes(codes.subspan(index(f) * size, size));
    if (!(sum <= most))
      require(status::failure("pack: layer %.*s: expected a sum of |code| of at most %d in filter %d, found %.0f",
                              static_cast<int>(path.size()), path.data(), most, f, sum));
  }
}

/// Returns the layers of stage `Stage` (see infer/stage_plan.hpp) as functions of floats, with the scales of the
/// stage's sums and the state of its output quantizer. Packs the weights of the stage's product into `to`.
template <std::size_t Stage, class Network, class Packed>
auto pack_layers(Network& net, Packed& to) {
  using plan = stage_plan<typename Packed::model, Stage>;
  using layer_graph = typename plan::layer_graph;
  layer_constants<plan> layers;
  // scales[f] converts the product's sums of channel f to values. Without a product, scales[0] converts the input codes
  // to values.
  if constexpr (plan::inputs::max_code > 0)
    for (float& s : layers.scales)
      s = plan::inputs::scale(net.template layer_at<layer_graph::template from<plan::begin>>().state());
  if constexpr (plan::has_product) {
    const auto weights = net.template layer_at<plan::begin>().quantize(layer_graph::paths[plan::begin].view());
    if constexpr (requires { plan::weights::max_sum; })
      check_sums(weights.codes, plan::window.out.channels, plan::weights::max_sum,
                 layer_graph::paths[plan::begin].view());
    stage<Packed, Stage>::product::pack_weights(plan::window, weights.codes, to.template stage<Stage>().weights.data());
    for (std::size_t f = 0; f < layers.scales.size(); ++f) layers.scales[f] *= weights.scale(static_cast<int>(f));
  }
  if constexpr (plan::has_quantizer) layers.out_state = net.template layer_at<plan::end - 1>().state();
  layers.each_op([&](auto i, auto& reading) {
    constexpr std::size_t layer = plan::ops_begin + i;
    if constexpr (join_layer<typename plan::template op<i>>) {
      using other = typename plan::template second_inputs<i>;
      if constexpr (other::max_code > 0)
        reading.scale[0] = other::scale(net.template layer_at<layer_graph::template second<layer>>().state());
    } else {
      fill(reading, net.template layer_at<layer>(), layer_graph::paths[layer].view());
    }
  });
  return layers;
}

/// Returns the scales of a stage's inputs and of its weights, one for each filter.
template <std::size_t Stage, class Packed, class Network>
tflite_scales scales_of(Network& net) {
  using plan = stage_plan<typename Packed::model, Stage>;
  using layer_graph = typename plan::layer_graph;
  tflite_scales s;
  if constexpr (plan::inputs::max_code > 0) {
    const auto& state = net.template layer_at<layer_graph::template from<plan::begin>>().state();
    s.input = plan::inputs::scale(state);
    s.zero = zero_point<typename plan::inputs>(state);
  }
  if constexpr (plan::has_product) {
    const auto weights = net.template layer_at<plan::begin>().quantize(layer_graph::paths[plan::begin].view());
    for (int f = 0; f < plan::window.out.channels; ++f) s.weights.push_back(weights.scale(f));
  }
  return s;
}

template <std::size_t Stage, class Network, class Packed>
void pack_stage(Network& net, Packed& to) {
  using plan = stage_plan<typename Packed::model, Stage>;
  auto& constants = to.template stage<Stage>().constants;
  if constexpr (plan::in_tflite == tflite_stage::none) {
    pack_end(constants, pack_layers<Stage>(net, to));
  } else {
    auto layers = pack_layers<Stage>(net, to);
    if constexpr (tflite_outputs<plan>::last) {
      const auto& state = net.template layer_at<plan::end - 1>().state();
      pack_tflite(constants, layers, state, scales_of<Stage, Packed>(net));
    } else {
      const auto state = layers.out_state;
      pack_tflite(constants, layers, state, scales_of<Stage, Packed>(net));
    }
  }
}

/// Refuses a network that cannot be packed; the error message names the layer and the array. All arrays are checked,
/// because an infinite variance, for example, would become a finite scale of 0 in the packed network.
template <class Network>
void check_network(Network& net) {
  net.arrays(
      [](std::string_view path, std::string_view name, std::span<float> values) { check_finite(values, path, name); });
  require(net.check_states("pack"));
  net.visit([](std::string_view path, auto& layer) {
    if (!layer.increasing())
      require(
          status::failure("pack: layer %.*s: expected a quantizer whose values do not fall where its inputs rise, "
                          "found one that falls",
                          static_cast<int>(path.size()), path.data()));
  });
}

template <class Packed, class Network>
Packed pack_as(Network& net) {
  check_network(net);
  Packed result;
  result.input = net.input_normalization();
  [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
    (pack_stage<Stage>(net, result), ...);
  }(std::make_index_sequence<Packed::stages>{});
  return result;
}

}  // namespace detail

/// Packs a trained network. The packed network computes the same outputs as the trained network at alpha = 1, where all
/// weights and inputs are fully quantized.
///
/// throws  batch norm statistics that were collected with alpha < 1 (call `reestimate_batch_norm` first); a NaN or an
///         infinity in a layer; a quantizer's state outside its bounds
template <class Arch = kernels::best, class Model, class Weights, class Inputs>
[[nodiscard]] packed<Model, Arch> pack(network<Model, Weights, Inputs>& net) {
  return detail::pack_as<packed<Model, Arch>>(net);
}

/// Overload for another packed form of the model: pack<fixed_point>(net).
template <template <class> class Variant, class Arch = kernels::best, class Model, class Weights, class Inputs>
[[nodiscard]] packed<Variant<Model>, Arch> pack(network<Model, Weights, Inputs>& net) {
  return detail::pack_as<packed<Variant<Model>, Arch>>(net);
}

}  // namespace minnow
