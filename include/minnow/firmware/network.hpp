#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/firmware/data.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/layout/flatten.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

/// A packed network whose constants are in a processor's read-only memory, together with the memory that a run writes.
/// Declare it static.
///
///   #include "digits_data.hpp"  // written by save_header(network, "digits_data.hpp", "digits_data")
///   static minnow::firmware<digits, digits_data::network> net;
///   net.run(image, logits);
///
/// Needs no heap, no exceptions, no run-time type information, no streams and no xsimd. Sums, codes and logits equal
/// the packed network's, bit for bit.
///
/// Model   the struct that was packed, or fixed_point<Model> if it was packed with pack<fixed_point>
/// Data    the data that save_header wrote
///
/// experimental  may change in any version
template <class Model, const auto& Data>
class firmware {
  using plan = detail::firmware_plan<Model>;
  using layer_graph = typename plan::layer_graph;
  static_assert(plan::sound);
  static_assert(Data.fingerprint == layer_graph::fingerprint, "minnow: this data was written for another model");
  static_assert(std::size(Data.stages) == plan::stages, "minnow: this data was written for another model");

public:
  static constexpr int image_bytes = layer_graph::input.size();
  static constexpr int classes = layer_graph::output.size();
  /// Size in bytes of the memory that a run writes.
  static constexpr std::size_t memory_bytes = plan::places.size;
  static constexpr std::size_t stages = plan::stages;
  static constexpr auto paths = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    return std::array{layer_graph::paths[plan::template stage<Stage>::begin].c_str()...};
  }(std::make_index_sequence<plan::stages>{});
  /// Multiply-accumulates of each stage for one image.
  static constexpr auto macs = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    return std::array{(plan::template stage<Stage>::has_product ? plan::template stage<Stage>::window.macs() : 0)...};
  }(std::make_index_sequence<plan::stages>{});

  /// Computes image (H,W,C) bytes -> logits [classes]. Arrays of another length do not compile. With pointers, the
  /// caller is responsible for the lengths.
  void run(std::span<const std::uint8_t, index(image_bytes)> image, std::span<float, index(classes)> logits) noexcept {
    run(image.data(), logits.data());
  }
  void run(const std::uint8_t* image, float* logits) noexcept {
    run(image, logits, [](std::size_t) {});
  }
  /// Overload that measures: calls after_stage(stage) after each of the model's `stages`, a product with the layers after
  /// it. paths[stage] is the path of a stage's first layer.
  template <class AfterStage>
  void run(const std::uint8_t* image, float* logits, AfterStage&& after_stage) noexcept {
    // The image is copied because kernels may read a few bytes past the end of their input, where the caller's image
    // may have no readable memory.
    std::memcpy(map<plan::stages>(nullptr), image, image_bytes);
    run_stages(logits, after_stage, std::make_index_sequence<plan::stages>{});
  }

private:
  template <std::size_t Stage>
  using stage = typename plan::template stage<Stage>;
  /// The constants of a stage (infer/stage_plan.hpp), as a type, so that their addresses are compile-time constants.
  template <std::size_t Stage>
  struct data_of {
    static constexpr const firmware_stage& stage() noexcept { return Data.stages[Stage]; }
  };

  [[nodiscard]] std::byte* at(std::size_t offset) noexcept { return memory_ + offset; }
  /// The packed map that stage `Maker` writes; for Maker = plan::stages, the image. The last stage writes the logits.
  template <std::size_t Maker>
  [[nodiscard]] std::byte* map(float* logits) noexcept {
    return Maker + 1 == plan::stages ? reinterpret_cast<std::byte*>(logits) : at(plan::places.maps[Maker]);
  }
  /// The map of the second input of layer `Index` of a stage; null if the layer has only one input.
  template <std::size_t Stage, std::size_t Index>
  [[nodiscard]] const std::byte* other() noexcept {
    if constexpr (join_layer<typename stage<Stage>::template op<Index>>)
      return map<stage<Stage>::template second<Index>>(nullptr);
    else return nullptr;
  }

  template <class AfterStage, std::size_t... Stage>
  void run_stages(float* logits, AfterStage& after_stage, std::index_sequence<Stage...>) noexcept {
    ((run_stage<Stage>(logits, typename stage<Stage>::indices{}), after_stage(Stage)), ...);
  }
  template <std::size_t Stage, std::size_t... Index>
  void run_stage(float* logits, std::index_sequence<Index...>) noexcept {
    using s = stage<Stage>;
    constexpr detail::stage_memory memory = plan::places.memory[Stage];
    std::byte* input = map<s::source>(nullptr);
    if constexpr (s::flattens)
      kernels::flatten_inputs<s::inputs::storage, detail::operand_of<typename s::inputs>::bits>(input, s::in.pixels(),
                                                                                                s::in.channels);
    const auto floats = [&](std::size_t which) { return reinterpret_cast<float*>(at(memory.floats[which])); };
    detail::firmware_end<s>::template run<data_of<Stage>, typename plan::template product<Stage>>(
        detail::stage_run<s>{{s::window,
                              s::pool_window,
                              s::begin,
                              {input, reinterpret_cast<const std::byte*>(Data.stages[Stage].weights),
                               reinterpret_cast<const std::byte*>(Data.stages[Stage].prepared), at(memory.scratch)},
                              at(memory.sums),
                              nullptr,
                              1,
                              0},
                             map<Stage>(logits),
                             {other<Stage, Index>()...},
                             {floats(0), floats(1), floats(2)},
                             reinterpret_cast<std::uint32_t*>(at(memory.waiting))});
  }

  alignas(8) std::byte memory_[plan::places.size];
};

template <class NoModel, const auto& Data>
  requires(!model_description<NoModel>)
class firmware<NoModel, Data> : public detail::reading_of_no_model<NoModel> {};

}  // namespace minnow
