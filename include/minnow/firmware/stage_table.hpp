#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <minnow/firmware/data.hpp>
#include <minnow/firmware/device_stage.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/layout/flatten.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow::detail {

/// The stages of a network as a table, and the functions of stages that share none.
///
/// Data  as in `firmware`
template <class Model, const auto& Data>
class firmware_stages {
  using plan = firmware_plan<Model>;
  template <std::size_t Stage>
  using stage = typename plan::template stage<Stage>;

  /// The constants of a stage (infer/stage_plan.hpp), as a type, so that their addresses are compile-time constants.
  template <std::size_t Stage>
  struct data_of {
    static constexpr const firmware_stage& stage() noexcept { return Data.stages[Stage]; }
  };

  /// Position of the packed map that stage `Maker` writes; for Maker = plan::stages, of the image.
  template <std::size_t Maker>
  [[nodiscard]] static std::byte* map(std::byte* memory) noexcept {
    return memory + plan::places.maps[Maker];
  }
  /// The stage that computes the second input of layer `Index` of a stage; `Stage` if the layer has only one input.
  template <std::size_t Stage, std::size_t Index>
  static constexpr std::size_t other = [] {
    if constexpr (join_layer<typename stage<Stage>::template op<Index>>) return stage<Stage>::template second<Index>;
    else return Stage;
  }();

  /// The zero point of the map that stage `Maker` writes; 0 for the image.
  template <std::size_t Maker>
  [[nodiscard]] static constexpr int zero_of() noexcept {
    if constexpr (Maker == plan::stages) return 0;
    else return Data.stages[Maker].zero;
  }

  template <std::size_t Stage>
  static void run_stage(const device_stage& constants, std::byte* memory, float* logits) noexcept {
    run_stage_of<Stage>(constants, memory, logits, typename stage<Stage>::indices{});
  }
  template <std::size_t Stage, std::size_t... Index>
  static void run_stage_of(const device_stage& constants, std::byte* memory, float* logits,
                           std::index_sequence<Index...>) noexcept {
    using s = stage<Stage>;
    constexpr stage_memory buffers = plan::places.memory[Stage];
    std::byte* input = map<s::source>(memory);
    if constexpr (s::flattens)
      kernels::flatten_inputs<s::inputs::storage, operand_of<typename s::inputs>::bits>(input, s::in.pixels(),
                                                                                        s::in.channels);
    using product = typename plan::template product<Stage>;
    if constexpr (shares_function<Stage>) return firmware_end<s>::template shared<product>(constants, memory, logits);
    else {
      const auto floats = [&](std::size_t which) { return reinterpret_cast<float*>(memory + buffers.floats[which]); };
      const stage_run<s> run{
          {s::window, s::pool_window, s::begin, constants.operands(memory), memory + buffers.sums, nullptr, 1, 0},
          Stage + 1 == plan::stages ? reinterpret_cast<std::byte*>(logits) : map<Stage>(memory),
          {map<other<Stage, Index>>(memory)...},
          {floats(0), floats(1), floats(2)},
          reinterpret_cast<std::uint32_t*>(memory + buffers.waiting),
          {zero_of<other<Stage, Index>>()...}};
      firmware_end<s>::template run<data_of<Stage>, product>(run);
    }
  }

  /// True if the stage's epilogue has a function that stages share.
  template <std::size_t Stage>
  static constexpr bool shares_function =
      requires { firmware_end<stage<Stage>>::template shared<typename plan::template product<Stage>>; };

  template <std::size_t Stage>
  static constexpr device_stage stage_of_table() noexcept {
    using s = stage<Stage>;
    const firmware_stage& data = Data.stages[Stage];
    device_stage to{nullptr,
                    &s::window,
                    &s::window,
                    data.weights,
                    data.prepared,
                    data.integers,
                    data.wide,
                    plan::places.maps[s::source],
                    plan::places.maps[Stage],
                    0,
                    plan::places.memory[Stage].scratch,
                    rows_read<s>,
                    zero_of<s::source>(),
                    0,
                    is_unsigned(s::outputs::storage),
                    false};
    if constexpr (s::pools > 0) to.pool = &s::pool_window;
    if constexpr (s::joins > 0) {
      constexpr std::size_t join = join_of<s>;
      to.other = plan::places.maps[other<Stage, join>];
      to.other_zero = zero_of<other<Stage, join>>();
      to.other_is_unsigned = is_unsigned(s::template second_inputs<join>::storage);
    }
    if constexpr (Stage == 0 && plan::quantizes_image) return to;
    else if constexpr (shares_function<Stage> && !s::flattens)
      to.run = firmware_end<s>::template shared<typename plan::template product<Stage>>;
    else to.run = &run_stage<Stage>;
    return to;
  }

public:
  static constexpr auto table = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    return std::array{stage_of_table<Stage>()...};
  }(std::make_index_sequence<plan::stages>{});
};

}  // namespace minnow::detail
