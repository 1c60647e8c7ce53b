#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/portable_product.hpp>
#include <minnow/kernels/sink/sink.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow::detail {

/// The plan of a model on a processor without an operating system: a chain of stages from the image's bytes, in
/// integers up to the last sums. Each stage has thresholds or is in fixed point.
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
  template <std::size_t Stage>
  static constexpr bool has_codes =
      Stage + 1 == stages || (stage<Stage>::ends_in == stage_end::thresholds && !stage<Stage>::folded_average) ||
      stage<Stage>::ends_in == stage_end::fixed_point;

  /// Whether a layer may follow the last sums.
  template <class Layer>
  static constexpr bool known_at_end =
      std::is_same_v<Layer, batch_norm> || std::is_same_v<Layer, bias> || elementwise<Layer>;
  static constexpr bool known_end = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (known_at_end<typename stage<stages - 1>::template op<Index>> && ...);
  }(typename stage<stages - 1>::indices{});

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
    static_assert((has_codes<Stage> && ...),
                  "minnow: firmware makes codes by thresholds or in fixed point (pack<fixed_point>), behind maxima and "
                  "not averages");
    static_assert(known_end,
                  "minnow: behind its last product firmware knows batch_norm, bias and functions of one number");
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
  /// Offsets in the memory of a run. maps[0] holds the image and every second map after it, maps[1] the other maps.
  /// Then follow the partial results of a pool, the last sums and the kernels' scratch.
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
      if constexpr (Stage + 1 < stages) {
        if constexpr (stage<Stage>::ends_in == stage_end::thresholds)
          waiting = (std::max)(waiting, 4 * code_sink_of<stage<Stage>>::waiting_words(stage<Stage>::pool_window));
      }
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
    constexpr std::size_t read_behind = 8;
    m.maps[0] = place(map[0] + read_behind);
    m.maps[1] = place(map[1] + read_behind);
    m.waiting = place(waiting);
    m.sums = place(4 * index(stage<stages - 1>::window.out.pixels() *
                             kernels::sum_stride(stage<stages - 1>::window.out.channels)));
    m.scratch = place(scratch);
    return m;
  }();
};

}  // namespace minnow::detail
