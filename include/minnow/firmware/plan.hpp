#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/ends/fixed_point.hpp>
#include <minnow/firmware/ends/floats.hpp>
#include <minnow/firmware/ends/thresholds.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/portable_product.hpp>

namespace minnow::detail {

/// The plan of a model for a processor without an operating system. The stages, groups of layers that run together
/// (infer/stage_plan.hpp), form a chain that starts with the image's bytes and computes with integers up to the sums of
/// the last stage. Every stage but the last computes its outputs with thresholds or in fixed point.
template <class Model>
struct firmware_plan {
  using layer_graph = minnow::layer_graph<Model>;
  static constexpr std::size_t stages = minnow::detail::stages<Model>::count;
  template <std::size_t Stage>
  using stage = stage_plan<Model, Stage>;
  template <std::size_t Stage>
  using product =
      kernels::portable_product<operand_of<typename stage<Stage>::inputs>, operand_of<typename stage<Stage>::weights>>;

  template <std::size_t Stage>
  static constexpr bool follows = stage<Stage>::source == (Stage == 0 ? stages : Stage - 1) && stage<Stage>::joins == 0;
  template <std::size_t... Stage>
  static constexpr bool check(std::index_sequence<Stage...>) {
    static_assert(layer_graph::takes_pixels,
                  "minnow: firmware begins with the image's bytes: the first layer's inputs are pixels");
    static_assert((follows<Stage> && ...),
                  "minnow: firmware runs a chain of layers: no residual, no concatenation yet");
    static_assert((stage<Stage>::integer_sums && ...),
                  "minnow: firmware multiplies integers: this model has a layer of half or real numbers, or a "
                  "quantizer without a product");
    static_assert(((stage<Stage>::window.groups == 1) && ...), "minnow: firmware has no convolutions of groups yet");
    static_assert((!affine_quantizer<typename stage<Stage>::outputs> && ...),
                  "minnow: firmware has no quantizers with a zero point yet");
    static_assert(
        ((Stage + 1 == stages || firmware_end<stage<Stage>>::makes_codes) && ...),
        "minnow: firmware computes codes with thresholds or in fixed point (pack<fixed_point>), after max pools "
        "but not after average pools");
    static_assert(firmware_end<stage<stages - 1>>::supports_layers,
                  "minnow: after its last product firmware supports batch_norm, bias and functions of one number");
    return true;
  }
  static constexpr bool sound = check(std::make_index_sequence<stages>{});

  template <std::size_t Stage>
  static constexpr std::size_t map_bytes() {
    if constexpr (Stage + 1 == stages) return 0;
    else
      return kernels::input_bytes<stage<Stage>::outputs::storage, operand_of<typename stage<Stage>::outputs>::bits>(
          stage<Stage>::out);
  }
  /// Offsets in the memory of a run. maps[0] holds the image and every second feature map after it, maps[1] the other
  /// maps. The partial results of a pool, the sums of the last stage and the kernels' scratch memory follow.
  struct memory {
    std::size_t maps[2] = {};
    std::size_t waiting = 0;
    std::size_t sums = 0;
    std::size_t scratch = 0;
    std::size_t size = 0;
  };
  static constexpr memory places = [] {
    std::size_t map[2] = {index(layer_graph::input.size()), 0}, waiting = 0, scratch = 0;
    const auto see = [&]<std::size_t Stage>(std::integral_constant<std::size_t, Stage>) {
      map[(Stage + 1) % 2] = (std::max)(map[(Stage + 1) % 2], map_bytes<Stage>());
      scratch = (std::max)(scratch, product<Stage>::scratch_bytes(stage<Stage>::window));
      waiting = (std::max)(waiting, firmware_end<stage<Stage>>::waiting_bytes());
    };
    [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
      (see(std::integral_constant<std::size_t, Stage>{}), ...);
    }(std::make_index_sequence<stages>{});
    memory m;
    const auto place = [&](std::size_t bytes) {
      const std::size_t at = m.size;
      m.size = round_up(at + bytes, 8);
      return at;
    };
    constexpr std::size_t read_past_end = 8;
    m.maps[0] = place(map[0] + read_past_end);
    m.maps[1] = place(map[1] + read_past_end);
    m.waiting = place(waiting);
    m.sums = place(4 * index(stage<stages - 1>::window.out.pixels() *
                             kernels::sum_stride(stage<stages - 1>::window.out.channels)));
    m.scratch = place(scratch);
    return m;
  }();
};

}  // namespace minnow::detail
