#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/kernels/sink/ordered_sums.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

namespace detail {

/// Largest mean unquantized fraction with which batch norm's statistics may have been collected.
inline constexpr float most_stale = 1e-3f;

/// Refuses a NaN or an infinity, which thresholds and codes would hide.
inline void check_finite(std::span<const float> values, std::string_view path, std::string_view name) {
  for (const float v : values)
    if (!std::isfinite(v))
      require(status::failure("pack: layer %.*s: expected finite numbers in '%.*s', found %f",
                              static_cast<int>(path.size()), path.data(), static_cast<int>(name.size()), name.data(),
                              static_cast<double>(v)));
}

/// Fills a layer's inferable reading from its trainable one, by copying arrays of the same names and sizes.
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
  if constexpr (requires { to.arrays(each); }) to.arrays(each);
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

/// Packs the codes of a product's weights.
template <quantizer In, quantizer Weights, class Quantized>
void pack_product(const geometry& g, const Quantized& weights, std::byte* packed) {
  using operand = operand_of<Weights>;
  std::vector<kernels::code<operand::storage>> codes(weights.codes.size());
  for (std::size_t k = 0; k < codes.size(); ++k)
    codes[k] = static_cast<kernels::code<operand::storage>>(weights.codes[k]);
  kernels::pack_weights<In::storage, operand::storage, operand::bits>(g, codes.data(), packed);
}

/// A layer between a sum and its code, as functions of one number, so that folding is compiled once for all layers.
struct fold_step {
  const void* reading = nullptr;
  float (*apply)(const void*, float, int) = nullptr;
  int (*direction)(const void*, int) = nullptr;
  bool behind_pool = false;
  float factor = 1;  ///< of an average pool, used instead of `apply`

  template <class Layer>
  static fold_step of(const inferable<Layer>& reading, bool behind_pool) {
    return {&reading,
            [](const void* r, float x, int c) { return static_cast<const inferable<Layer>*>(r)->apply(x, c); },
            [](const void* r, int c) { return static_cast<const inferable<Layer>*>(r)->direction(c); }, behind_pool};
  }
};

/// Finds the thresholds of all channels over sums in [-bound, bound].
///
/// number  converts a sum to a float
template <quantizer Quantizer>
void fold(thresholds& to, int channels, std::int32_t bound, float (*number)(std::int32_t),
          std::span<const float> scales, std::span<const fold_step> steps, const typename Quantizer::state& state) {
  constexpr auto codes = codes_of<Quantizer>();
  for (int c = 0; c < channels; ++c) {
    // h(x) never falls, so codes fall where x rises if their scale is negative. If the scale of the sums is negative,
    // their values fall where the sums rise.
    int behind_pool = Quantizer::scale(state) < 0 ? -1 : 1;
    int direction = scales[index(c)] < 0 ? -behind_pool : behind_pool;
    for (const fold_step& s : steps) {
      if (s.apply == nullptr) continue;
      direction *= s.direction(s.reading, c);
      if (s.behind_pool) behind_pool *= s.direction(s.reading, c);
    }
    to.find(c, bound, direction, behind_pool, [&](std::int32_t sum) {
      float x = rounded_product(number(sum), scales[index(c)]);
      for (const fold_step& s : steps) x = s.apply == nullptr ? x * s.factor : s.apply(s.reading, x, c);
      const int code = static_cast<int>(Quantizer::code(x, state));
      int found = 0;
      while (found + 1 < static_cast<int>(codes.size()) && codes[index(found + 1)] <= code) ++found;
      return found;
    });
  }
}

/// Converts the layers between the sums and the codes of a stage to integer constants.
///
/// scales  real value of a sum of 1, for each channel
/// unit    real value of code 1
template <class Stage>
void fix(fixed_constants& to, std::span<const float> scales, const op_slots<Stage, typename Stage::plan::indices>& ops,
         double unit) {
  using plan = typename Stage::plan;
  for (int c = 0; c < plan::window.out.channels; ++c) {
    channel_line line{.slope = static_cast<double>(scales[index(c)])};
    int behind_pool = unit < 0 ? -1 : 1;
    const auto see = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      using layer = typename plan::template op<Index>;
      [[maybe_unused]] const auto& reading = static_cast<const op_slot<Stage, Index>&>(ops).reading;
      if constexpr (join_layer<layer>) {
        line.other_slope = static_cast<double>(reading.scale[0]);
      } else if constexpr (clip_layer<layer>) {
        line.clip(layer::clip);
      } else if constexpr (!plan::template is_pool<Index>) {
        line.then(reading.at(c));
        if (Index > plan::pool && reading.at(c).scale < 0) behind_pool = -behind_pool;
      }
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (see(std::integral_constant<std::size_t, Index>{}), ...);
    }(typename plan::indices{});
    to.set(c, line, unit, plan::outputs::min_code, plan::outputs::max_code);
    to.smallest[index(c)] = behind_pool < 0 ? -1 : 0;
  }
}

/// Packs stage `Stage` of a network.
template <std::size_t Stage, class Network, class Packed>
void pack_stage(Network& net, Packed& to) {
  using plan = stage_plan<typename Packed::model, Stage>;
  using layer_graph = typename plan::layer_graph;
  auto& stage = to.template stage<Stage>();
  using stage_type = std::remove_cvref_t<decltype(stage)>;

  // Values of a sum of 1 for each channel or, without a product, value of an input's code 1.
  std::vector<float> scales(plan::has_product ? index(plan::window.out.channels) : 1, 1.0f);
  if constexpr (plan::inputs::max_code > 0)
    for (float& s : scales)
      s = plan::inputs::scale(net.template layer_at<layer_graph::template from<plan::begin>>().state());
  if constexpr (plan::has_product) {
    const auto weights = net.template layer_at<plan::begin>().quantize(layer_graph::paths[plan::begin].view());
    pack_product<typename plan::inputs, typename plan::weights>(plan::window, weights, stage.weights.data());
    for (std::size_t f = 0; f < scales.size(); ++f) scales[f] *= weights.scale(static_cast<int>(f));
  }
  typename plan::outputs::state out_state{};
  if constexpr (plan::has_quantizer) out_state = net.template layer_at<plan::end - 1>().state();

  op_slots<stage_type, typename plan::indices> ops;
  std::vector<fold_step> steps;
  int taps = 1;
  const auto take = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    auto& reading = static_cast<op_slot<stage_type, Index>&>(ops).reading;
    if constexpr (join_layer<typename plan::template op<Index>>) {
      using other = typename plan::template second_inputs<Index>;
      if constexpr (other::max_code > 0)
        reading.scale[0] =
            other::scale(net.template layer_at<layer_graph::template second<plan::ops_begin + Index>>().state());
    } else {
      fill(reading, net.template layer_at<plan::ops_begin + Index>(),
           layer_graph::paths[plan::ops_begin + Index].view());
    }
    if constexpr (plan::ends_in == stage_end::thresholds) {
      if constexpr (!plan::template is_pool<Index>) {
        steps.push_back(fold_step::of(reading, Index > plan::pool));
      } else if constexpr (plan::template averages<Index>) {
        taps = plan::pool_window.kernel.height * plan::pool_window.kernel.width;
        steps.push_back({.factor = 1.0f / static_cast<float>(taps)});
      }
    }
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (take(std::integral_constant<std::size_t, Index>{}), ...);
  }(typename plan::indices{});

  if constexpr (plan::ends_in == stage_end::thresholds) {
    const int bound = plan::integer_sums
                          ? plan::window.inputs() * plan::inputs::max_code * plan::weights::max_code * taps
                          : kernels::ordered(std::numeric_limits<float>::max());
    constexpr auto number = [](std::int32_t sum) {
      return plan::integer_sums ? static_cast<float>(sum) : kernels::from_ordered(sum);
    };
    fold<typename plan::outputs>(stage.constants.limits, plan::window.out.channels, bound, number, scales, steps,
                                 out_state);
  } else if constexpr (plan::ends_in == stage_end::fixed_point) {
    fix<stage_type>(stage.constants, scales, ops, static_cast<double>(plan::outputs::scale(out_state)));
  } else {
    stage.constants.scales = std::move(scales);
    static_cast<op_slots<stage_type, typename plan::indices>&>(stage.constants) = std::move(ops);
    stage.constants.out_state = out_state;
  }
}

/// Refuses a network that cannot be packed, naming layer and array. Checks all arrays, because an infinite variance,
/// for example, would not show in any constant of the packed network.
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

/// Packs a trained network. The packed network computes the same outputs as the trained one at alpha = 1.
///
/// throws  batch norm statistics that were collected with alpha < 1 (call `reestimate_batch_norm` first); a NaN or an
///         infinity in a layer; a quantizer's state outside its bounds
template <class Arch = kernels::best, class Model, class Weights, class Inputs>
[[nodiscard]] packed<Model, Arch> pack(network<Model, Weights, Inputs>& net) {
  return detail::pack_as<packed<Model, Arch>>(net);
}

/// Overload for another packed reading of the model: pack<fixed_point>(net).
template <template <class> class Variant, class Arch = kernels::best, class Model, class Weights, class Inputs>
[[nodiscard]] packed<Variant<Model>, Arch> pack(network<Model, Weights, Inputs>& net) {
  return detail::pack_as<packed<Variant<Model>, Arch>>(net);
}

}  // namespace minnow
