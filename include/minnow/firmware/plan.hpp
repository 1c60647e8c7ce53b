#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/firmware/device_product.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/ends/fixed_average.hpp>
#include <minnow/firmware/ends/fixed_point.hpp>
#include <minnow/firmware/ends/floats.hpp>
#include <minnow/firmware/ends/requantize.hpp>
#include <minnow/firmware/ends/thresholds.hpp>
#include <minnow/firmware/zero_point.hpp>
#include <minnow/infer/run_plan.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/portable_product.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::detail {

/// The plan of a model for a processor without an operating system. It has the same stages, groups of layers that run
/// together (infer/stage_plan.hpp), as the packed network. If the model does not begin with pixels, the first stage
/// quantizes the image's numbers.
template <class Model>
struct firmware_plan {
  using layer_graph = minnow::layer_graph<Model>;
  static constexpr std::size_t stages = minnow::detail::stages<Model>::count;
  template <std::size_t Stage>
  using stage = stage_plan<Model, Stage>;
  /// The inner loops that the products with the same operands need together, for all of which one kernel is compiled.
  template <class In, class Weights, bool Grouped>
  static constexpr unsigned loops = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    const auto of_stage = []<class Other>(std::type_identity<Other>) -> unsigned {
      if constexpr (Other::integer_sums && (Other::window.groups != 1) == Grouped)
        if constexpr (std::is_same_v<operand_of<typename Other::inputs>, In> &&
                      std::is_same_v<operand_of<typename Other::weights>, Weights>)
          return kernels::portable_product<operand_of<typename Other::inputs>, operand_of<typename Other::weights>,
                                           Grouped>::loops_of(Other::window);
      return 0;
    };
    return (of_stage(std::type_identity<stage<Stage>>{}) | ... | 0u);
  }(std::make_index_sequence<stages>{});
  template <class In, class Weights, bool Grouped>
  using product_with_loops =
      device_product<kernels::portable_product<In, Weights, Grouped, loops<In, Weights, Grouped>>>;
  template <std::size_t Stage>
  using product_of_codes =
      product_with_loops<operand_of<typename stage<Stage>::inputs>, operand_of<typename stage<Stage>::weights>,
                         stage<Stage>::window.groups != 1>;
  template <std::size_t Stage>
  using product = std::conditional_t<
      affine_quantizer<typename stage<Stage>::inputs>,
      zero_point_product<product_of_codes<Stage>, typename stage<Stage>::inputs, typename stage<Stage>::weights>,
      product_of_codes<Stage>>;

  template <std::size_t Stage>
  static constexpr bool supports_layers = [] {
    if constexpr (requires { firmware_end<stage<Stage>>::supports_layers; })
      return firmware_end<stage<Stage>>::supports_layers;
    else return true;
  }();
  template <std::size_t... Stage>
  static constexpr bool check(std::index_sequence<Stage...>) {
    static_assert(((stage<Stage>::integer_sums || !stage<Stage>::has_product) && ...),
                  "minnow: firmware multiplies integers: this model has a layer of half or real numbers");
    static_assert(((stage<Stage>::ends_in != stage_end::tflite) && ...),
                  "minnow: firmware has no arithmetic of TensorFlow Lite: pack<fixed_point>(net) has integers for it");
    static_assert((supports_layers<Stage> && ...),
                  "minnow: a layer with constants of your own needs a specialization of firmware_layer to run as "
                  "firmware");
    return true;
  }
  static constexpr bool sound = check(std::make_index_sequence<stages>{});

  /// True if a stage's codes are computed in fixed point.
  static constexpr bool is_fixed = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    return ((stage<Stage>::ends_in == stage_end::fixed_point || stage<Stage>::ends_in == stage_end::fixed_average) ||
            ...);
  }(std::make_index_sequence<stages>{});

  /// True if the first stage only quantizes the image, and no other stage reads the image. The image's numbers are then
  /// quantized one by one, and need no memory of the run.
  static constexpr bool quantizes_image = !layer_graph::takes_pixels && !stage<0>::has_product && stage<0>::ops == 0 &&
                                          stage<0>::has_quantizer && layer_graph::readers(image_input) == 1;

  /// The map whose memory a stage's output may take: the second map of a join, because the stage reads each of its
  /// codes just before it writes the code of the same position. Returns `Stage` if there is none. The map must not be
  /// the product's input too: later windows read it again.
  template <std::size_t Stage>
  static constexpr std::size_t overwritten() {
    using s = stage<Stage>;
    if constexpr (s::joins == 1 && s::pools == 0 && is_bytes(s::outputs::storage) &&
                  (s::ends_in == stage_end::fixed_point || s::ends_in == stage_end::requantize)) {
      if (constexpr std::size_t second = s::template second<join_of<s>>; second != s::source) return second;
    }
    return Stage;
  }

  /// Sizes of the buffers. The last stage writes its output to the caller's logits. Kernels may read up to 8 bytes past
  /// the end of a map.
  static constexpr run_needs<stages> needs = [] {
    auto n = map_needs<Model>();
    n.maps[stages - 1] = 0;
    if (quantizes_image) n.maps[stages] = 0;
    const auto see = [&]<std::size_t Stage>(std::integral_constant<std::size_t, Stage>) {
      n.memory[Stage] = firmware_end<stage<Stage>>::memory();
      if (Stage == 0 && quantizes_image) n.memory[Stage] = {};
      n.overwrites[Stage] = overwritten<Stage>();
      if constexpr (stage<Stage>::has_product)
        n.memory[Stage].scratch = product<Stage>::scratch_bytes(stage<Stage>::window);
    };
    [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
      (see(std::integral_constant<std::size_t, Stage>{}), ...);
    }(std::make_index_sequence<stages>{});
    return n;
  }();
  /// Offsets in the memory of a run.
  static constexpr run_plan<stages> places = place_buffers(needs, 8, 8);
};

}  // namespace minnow::detail
