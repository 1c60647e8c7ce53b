#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/ends/fixed_point.hpp>
#include <minnow/firmware/ends/floats.hpp>
#include <minnow/firmware/ends/requantize.hpp>
#include <minnow/firmware/ends/thresholds.hpp>
#include <minnow/infer/run_plan.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/portable_product.hpp>

namespace minnow::detail {

/// The plan of a model for a processor without an operating system. The stages, groups of layers that run together
/// (infer/stage_plan.hpp), are those of the packed network. The first stage reads the image's bytes.
template <class Model>
struct firmware_plan {
  using layer_graph = minnow::layer_graph<Model>;
  static constexpr std::size_t stages = minnow::detail::stages<Model>::count;
  template <std::size_t Stage>
  using stage = stage_plan<Model, Stage>;
  template <std::size_t Stage>
  using product =
      kernels::portable_product<operand_of<typename stage<Stage>::inputs>, operand_of<typename stage<Stage>::weights>,
                                stage<Stage>::window.groups != 1>;

  template <std::size_t Stage>
  static constexpr bool supports_layers = [] {
    if constexpr (requires { firmware_end<stage<Stage>>::supports_layers; })
      return firmware_end<stage<Stage>>::supports_layers;
    else return true;
  }();
  template <std::size_t... Stage>
  static constexpr bool check(std::index_sequence<Stage...>) {
    static_assert(
        layer_graph::takes_pixels,
        "minnow: firmware begins with the image's bytes: the first layer's inputs are pixels or unsigned_pixels");
    static_assert(((stage<Stage>::integer_sums || !stage<Stage>::has_product) && ...),
                  "minnow: firmware multiplies integers: this model has a layer of half or real numbers");
    static_assert((!affine_quantizer<typename stage<Stage>::outputs> && ...),
                  "minnow: firmware has no quantizers with a zero point yet");
    static_assert(((stage<Stage>::ends_in != stage_end::tflite) && ...),
                  "minnow: firmware has no arithmetic of TensorFlow Lite: pack<fixed_point>(net) has integers for it");
    static_assert((supports_layers<Stage> && ...),
                  "minnow: a layer with constants of your own needs a specialization of firmware_layer to run as "
                  "firmware");
    return true;
  }
  static constexpr bool sound = check(std::make_index_sequence<stages>{});

  /// The map whose memory a stage's output may take: the second map of a join, because the stage reads each of its codes
  /// just before it writes the code of the same position. Returns `Stage` if there is none. The map must not be the
  /// product's input too: later windows read it again.
  template <std::size_t Stage>
  static constexpr std::size_t overwritten() {
    using s = stage<Stage>;
    if constexpr (s::joins == 1 && s::pools == 0 && is_bytes(s::outputs::storage) &&
                  (s::ends_in == stage_end::fixed_point || s::ends_in == stage_end::requantize)) {
      if (constexpr std::size_t second = s::template second<join_of<s>>; second != s::source) return second;
    }
    return Stage;
  }

  /// Offsets in the memory of a run. The last stage writes its output to the caller's logits. Kernels may read up to 8
  /// bytes past the end of a map.
  static constexpr run_plan<stages> places = [] {
    auto needs = map_needs<Model>();
    needs.maps[stages - 1] = 0;
    const auto see = [&]<std::size_t Stage>(std::integral_constant<std::size_t, Stage>) {
      needs.memory[Stage] = firmware_end<stage<Stage>>::memory();
      needs.overwrites[Stage] = overwritten<Stage>();
      if constexpr (stage<Stage>::has_product)
        needs.memory[Stage].scratch = product<Stage>::scratch_bytes(stage<Stage>::window);
    };
    [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
      (see(std::integral_constant<std::size_t, Stage>{}), ...);
    }(std::make_index_sequence<stages>{});
    return place_buffers(needs, 8, 8);
  }();
};

}  // namespace minnow::detail
