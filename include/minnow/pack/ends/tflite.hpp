#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/ends/tflite.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::detail {

/// The scales of a stage's operands.
struct tflite_scales {
  float input = 1;
  int zero = 0;
  std::vector<float> weights{};
};

template <class Layer>
inline constexpr bool is_fully_connected = false;
template <int Units, class Scheme>
inline constexpr bool is_fully_connected<dense<Units, Scheme>> = true;

/// The factor of a product's sums. TensorFlow Lite multiplies the scales in double precision, except for
/// FULLY_CONNECTED with one scale of all weights, where it multiplies them as floats.
template <class Layer>
[[nodiscard]] double tflite_sum_scale(float input, float weight) noexcept {
  if constexpr (is_fully_connected<Layer> && !Layer::weights::per_channel) return static_cast<double>(input * weight);
  else return static_cast<double>(input) * static_cast<double>(weight);
}

/// Fills the constants of a stage that computes with TensorFlow Lite's arithmetic.
///
/// state   of the output's quantizer
/// throws  biases whose sum is no 32-bit integer in units of the product's sums; an average pool that changes the
///         scale or the zero point
template <class Plan>
void pack_tflite(end_of<Plan, stage_end::tflite>& to, const layer_constants<Plan>& from,
                 const typename tflite_outputs<Plan>::type::state& state, const tflite_scales& scales) {
  using out = typename tflite_outputs<Plan>::type;
  [[maybe_unused]] constexpr auto& path = Plan::layer_graph::paths[Plan::begin];
  const float out_scale = out::scale(state);
  const int zero = zero_point<out>(state);
  if constexpr (affine_quantizer<typename Plan::outputs>) to.zero_point = zero;
  if constexpr (tflite_outputs<Plan>::last) to.value_scale[0] = out_scale;
  const int lowest = (is_unsigned(out::storage) ? 0 : out::min_code) - zero;
  const int highest = out::max_code - zero;
  to.limits = {lowest, highest};
  [[maybe_unused]] const auto per_out = [&](double scale) {
    return out_scale > 0 ? scale / static_cast<double>(out_scale) : 0.0;
  };
  from.each_op([&](auto i, const auto&) {
    using layer = typename Plan::template op<i>;
    if constexpr (clip_layer<layer>) {
      const auto code = [&](float limit) {
        return static_cast<std::int32_t>(
            (std::clamp)((std::round)(limit / out_scale), static_cast<float>(lowest), static_cast<float>(highest)));
      };
      if (out_scale > 0)
        to.limits = {std::max(to.limits[0], code(layer::clip.low)), std::min(to.limits[1], code(layer::clip.high))};
    }
  });
  if (to.limits[0] > to.limits[1]) to.limits[0] = to.limits[1];
  if constexpr (Plan::in_tflite == tflite_stage::product) {
    using product = typename Plan::layer_graph::template layer<Plan::begin>;
    for (std::size_t c = 0; c < scales.weights.size(); ++c)
      to.set(c, tflite_factor_of(per_out(tflite_sum_scale<product>(scales.input, scales.weights[c]))));
    from.each_op([&](auto i, const auto& reading) {
      if constexpr (std::is_same_v<typename Plan::template op<i>, bias>) {
        for (std::size_t c = 0; c < scales.weights.size(); ++c) {
          const double unit = static_cast<double>(scales.input) * static_cast<double>(scales.weights[c]);
          const auto added = static_cast<double>(reading.at(static_cast<int>(c)).shift);
          const double units = static_cast<double>(to.bias[c]) + (unit > 0 ? (std::round)(added / unit) : 0.0);
          if (!((std::abs)(units) < 0x1p31))
            require(
                status::failure("pack: layer %s: expected a bias below 2^31 units of its sums, found %g in channel %zu",
                                path.c_str(), units, c));
          to.bias[c] = static_cast<std::int32_t>(units);
        }
      }
    });
  } else if constexpr (Plan::in_tflite == tflite_stage::sum) {
    float other = 1;
    from.each_op([&](auto i, const auto& reading) {
      if constexpr (i == 0) other = reading.scale[0];
    });
    const double twice = 2 * static_cast<double>(std::max(scales.input, other));
    to.set(0, tflite_factor_of(twice > 0 ? static_cast<double>(scales.input) / twice : 0));
    to.set(1, tflite_factor_of(twice > 0 ? static_cast<double>(other) / twice : 0));
    to.set(2, tflite_factor_of(per_out(twice * 0x1p-20)));
  } else if (scales.input != out_scale || scales.zero != zero) {
    require(status::failure(
        "pack: layer %s: expected the scale and the zero point of the average's inputs, %g and %d, "
        "at its outputs, found %g and %d",
        path.c_str(), static_cast<double>(scales.input), scales.zero, static_cast<double>(out_scale), zero));
  }
}

}  // namespace minnow::detail
