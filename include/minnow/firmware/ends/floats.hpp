#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/exact_fma.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow::detail {

/// Epilogue in floats. Its constants in `floats` are the scales of the sums, then the arrays of the layers after the
/// sums. Only the last stage has this epilogue, so it defines `value` instead of `sink`.
template <class Plan>
struct firmware_end<Plan, stage_end::floats> {
  static constexpr bool makes_codes = false;

  /// True if firmware supports all layers after the sums.
  static constexpr bool supports_layers = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return ((std::is_same_v<typename Plan::template op<Index>, batch_norm> ||
             std::is_same_v<typename Plan::template op<Index>, bias> ||
             elementwise<typename Plan::template op<Index>>) &&
            ...);
  }(typename Plan::indices{});

  static constexpr std::size_t waiting_bytes() { return 0; }

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    Constants::arrays(constants,
                      [&](std::size_t, std::string_view, std::span<const float> values) { append(to.floats, values); });
  }

  /// Applies the layers to a sum of channel `c`.
  template <class Data>
  [[nodiscard]] static float value(std::int32_t sum, int c) noexcept {
    return apply(Data::stage().floats + c, sum, typename Plan::indices{});
  }

private:
  template <std::size_t... Index>
  [[nodiscard]] static float apply(const float* at, std::int32_t sum, std::index_sequence<Index...>) noexcept {
    constexpr int channels = Plan::window.out.channels;
    float x = rounded_product(static_cast<float>(sum), at[0]);
    at += channels;
    [[maybe_unused]] const auto apply_layer = [&]<class Layer>(std::type_identity<Layer>) {
      if constexpr (std::is_same_v<Layer, batch_norm>) {
        x = exact_fma(x, at[0], at[channels]);
        at += 2 * channels;
      } else if constexpr (std::is_same_v<Layer, bias>) {
        x += at[0];
        at += channels;
      } else {
        x = Layer::apply(x);
      }
    };
    (apply_layer(std::type_identity<typename Plan::template op<Index>>{}), ...);
    return x;
  }
};

}  // namespace minnow::detail
